%% Asks the runner for a broker that only this scenario uses, to be blocked and killed under the
%% client. One socket, a line a request; the runner ends the broker when the socket closes.
-module(own_broker).

-export([open/1, start/1, ask/2]).

%% More than the runner itself gives a broker to start.
-define(ANSWER_LIMIT_MS, 130_000).

%% To be closed after the scenario, when the client has closed its connections.
open(Test = #{runner := Runner}) ->
    case string:split(os:getenv("INTEROP_CONTROL", ""), ":") of
        [Host, Port] ->
            Options = [binary, {packet, line}, {active, false}],
            {ok, Control} = gen_tcp:connect(Host, list_to_integer(Port), Options),
            ok = gen_tcp:controlling_process(Control, Runner),
            harness:after_scenario(Test, fun() -> gen_tcp:close(Control) end),
            {Test, Control};
        _ ->
            harness:skip("the runner did not start this broker, so it cannot kill or block it")
    end.

%% Starts it; gives its URL.
start(Broker) ->
    binary_to_list(ask(Broker, "start")).

%% `start`, `kill`, `block` or `unblock`; gives what stands behind the `ok`.
ask({Test, Control}, Request) ->
    {ok, Line} = harness:off_the_clock(Test, fun() ->
        ok = gen_tcp:send(Control, [Request, "\n"]),
        gen_tcp:recv(Control, 0, ?ANSWER_LIMIT_MS)
    end),
    case string:trim(Line) of
        <<"ok", Rest/binary>> -> string:trim(Rest);
        Answer -> error({broker_control, Request, Answer})
    end.
