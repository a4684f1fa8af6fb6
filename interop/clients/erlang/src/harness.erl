%% Runs one scenario in a process of its own, within a time limit, and undoes afterwards what it
%% asked to be undone; and the few things that a scenario needs to say how it went.
-module(harness).

-export([run/2]).
-export([after_scenario/2, off_the_clock/2, own_name/2, note/2, skip/1, equal/3]).

-define(SCENARIO_LIMIT_MS, 15_000).
-define(CLEANUP_LIMIT_MS, 3_000).
-define(REASON_LENGTH, 500).

%% What a scenario is called with: the broker's URL without a path, the stem of all names that it
%% declares, and (for this module) where to leave its cleanups.
-type test() :: #{url := string(), name := binary(), scenario := binary(), runner := pid()}.
-export_type([test/0]).

-spec run(binary(), fun((test()) -> term())) -> ok | {skip | failed, iodata()}.
run(Name, Scenario) ->
    Test = #{
        url => os:getenv("INTEROP_URL"),
        name => iolist_to_binary(["interop.amqp_client.", os:getpid(), ".", Name]),
        scenario => Name,
        runner => self()
    },
    Ended = within(?SCENARIO_LIMIT_MS, fun() -> Scenario(Test) end),
    clean_up(Name),
    case Ended of
        normal -> ok;
        {skip, Reason} -> {skip, Reason};
        {Reason, [{_, _, _, _} | _Stack]} -> {failed, one_line(Reason)};
        Reason -> {failed, one_line(Reason)}
    end.

%% Runs a function in a process of its own; what that ended with.
within(Milliseconds, Function) ->
    {Process, Monitor} = spawn_monitor(Function),
    await_end(Process, Monitor, now_ms() + Milliseconds).

await_end(Process, Monitor, Deadline) ->
    receive
        {'DOWN', Monitor, process, Process, Reason} -> Reason;
        clock_stops ->
            Left = Deadline - now_ms(),
            receive
                {'DOWN', Monitor, process, Process, Reason} -> Reason;
                clock_goes_on -> await_end(Process, Monitor, now_ms() + Left)
            end
    after max(0, Deadline - now_ms()) ->
        exit(Process, kill),
        receive
            {'DOWN', Monitor, process, Process, _} -> no_end_in_time
        end
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).

%% The latest first; a cleanup that fails is told, and is not the scenario's failure.
clean_up(Name) ->
    lists:foreach(
        fun(Cleanup) ->
            case within(?CLEANUP_LIMIT_MS, Cleanup) of
                normal -> ok;
                Reason -> io:format("# after ~ts: ~ts~n", [Name, one_line(Reason)])
            end
        end,
        cleanups([])
    ).

cleanups(Latest) ->
    receive
        {after_scenario, Cleanup} -> cleanups([Cleanup | Latest])
    after 0 -> Latest
    end.

one_line(Reason) ->
    Text = unicode:characters_to_list(io_lib:format("~0tp", [Reason])),
    string:slice(Text, 0, ?REASON_LENGTH).

%% Called after the scenario, whatever came of it.
-spec after_scenario(test(), fun(() -> term())) -> ok.
after_scenario(#{runner := Runner}, Cleanup) ->
    Runner ! {after_scenario, Cleanup},
    ok.

%% Does what the client is not to pay for: the scenario's time stands still meanwhile.
-spec off_the_clock(test(), fun(() -> Result)) -> Result.
off_the_clock(#{runner := Runner}, Work) ->
    Runner ! clock_stops,
    Result = Work(),
    Runner ! clock_goes_on,
    Result.

-spec own_name(test(), unicode:chardata()) -> binary().
own_name(#{name := Name}, Suffix) ->
    unicode:characters_to_binary([Name, ".", Suffix]).

%% A part of a scenario that the client cannot be asked to do.
-spec note(test(), string()) -> ok.
note(#{scenario := Name}, Text) ->
    io:format("# note ~ts - ~ts~n", [Name, Text]).

%% Ends the scenario as one that the client gives no way to run.
-spec skip(string()) -> no_return().
skip(Reason) ->
    exit({skip, Reason}).

-spec equal(term(), term(), term()) -> ok.
equal(Actual, Expected, What) ->
    case Actual =:= Expected of
        true -> ok;
        false -> error({What, {expected, Expected}, {got, Actual}})
    end.
