%% Scenarios with a broker of their own: blocked by its memory alarm, and killed with SIGKILL.
-module(recovering).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(LIMIT_MS, 10_000).
-define(PUBLISH_EVERY_MS, 100).

scenarios() ->
    [
        {<<"blocked-unblocked">>, fun blocked_unblocked/1},
        {<<"broker-killed-reported">>, fun broker_killed_reported/1},
        {<<"recover-publisher">>, fun no_recovery/1},
        {<<"recover-consumer">>, fun no_recovery/1}
    ].

blocked_unblocked(Test = #{name := Queue}) ->
    Broker = own_broker:open(Test),
    Params = mq:params(own_broker:start(Broker)),
    Connection = mq:connect(Test, Params),
    ok = amqp_connection:register_blocked_handler(Connection, self()),
    Channel = mq:channel(Connection),
    mq:declare(Channel, Queue, none),
    own_broker:ask(Broker, "block"),
    {Before, Reason} = publish_until_blocked(Channel, Queue, [], deadline()),
    harness:equal(Reason, <<"low on memory">>, reason),
    mq:publish(Channel, <<>>, Queue, <<"while blocked">>),
    own_broker:ask(Broker, "unblock"),
    receive
        #'connection.unblocked'{} -> ok
    after ?LIMIT_MS -> error(not_unblocked)
    end,
    Reader = mq:channel(mq:connect(Test, Params)),
    Consumer = mq:consume(Reader, Queue, true),
    [
        {_, #amqp_msg{payload = Body}} = mq:delivery(Consumer)
     || Body <- Before ++ [<<"while blocked">>]
    ].

%% The alarm may go up a moment after it was asked for, and only who publishes is told of it. Gives
%% what was published until then, and the reason that the client reports.
publish_until_blocked(Channel, Queue, Sent, Deadline) ->
    Body = integer_to_binary(length(Sent)),
    mq:publish(Channel, <<>>, Queue, Body),
    receive
        #'connection.blocked'{reason = Reason} -> {lists:reverse([Body | Sent]), Reason}
    after ?PUBLISH_EVERY_MS ->
        erlang:monotonic_time(millisecond) < Deadline orelse error(not_blocked),
        publish_until_blocked(Channel, Queue, [Body | Sent], Deadline)
    end.

deadline() ->
    erlang:monotonic_time(millisecond) + ?LIMIT_MS.

broker_killed_reported(Test = #{name := Queue}) ->
    Broker = own_broker:open(Test),
    Connection = mq:connect(Test, mq:params(own_broker:start(Broker))),
    Monitor = monitor(process, Connection),
    Channel = mq:channel(Connection),
    mq:declare(Channel, Queue, none),
    mq:consume(Channel, Queue, false),
    own_broker:ask(Broker, "kill"),
    harness:equal(mq:down(Connection, Monitor), socket_closed_unexpectedly, lost).

no_recovery(_) ->
    harness:skip("the client has no recovery of its own").
