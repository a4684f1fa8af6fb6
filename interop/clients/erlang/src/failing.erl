%% Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
%% connection, locks; and of many channels, request and reply, and silence.
-module(failing).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(REPLY_TO, <<"amq.rabbitmq.reply-to">>).
-define(SILENCE_MS, 5_000).
-define(CHANNELS, 1_000).

scenarios() ->
    [
        {<<"consumer-cancel">>, fun consumer_cancel/1},
        {<<"two-channels-one-error">>, fun two_channels_one_error/1},
        {<<"channel-error-survived">>, fun channel_error_survived/1},
        {<<"connection-error-reported">>, fun connection_error_reported/1},
        {<<"exclusive-queue-locked">>, fun exclusive_queue_locked/1},
        {<<"rpc-direct-reply-to">>, fun rpc_direct_reply_to/1},
        {<<"channels-1000">>, fun channels_1000/1},
        {<<"heartbeat-silence">>, fun heartbeat_silence/1}
    ].

consumer_cancel(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    [Channel, Other] = [mq:channel(Connection), mq:channel(Connection)],
    mq:declare(Channel, Queue, exclusive),
    Consumer = mq:consume(Channel, Queue, false),
    #'queue.delete_ok'{} = amqp_channel:call(Other, #'queue.delete'{queue = Queue}),
    mq:cancelled(Consumer),
    mq:exchanges_one_message(mq:confirm_channel(Connection), harness:own_name(Test, "after")).

two_channels_one_error(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    [Good, Bad] = [mq:confirm_channel(Connection), mq:channel(Connection)],
    mq:declare(Good, Queue, exclusive),
    Consumer = mq:consume(Good, Queue, true),
    Missing = harness:own_name(Test, "missing"),
    Text = <<"NOT_FOUND - no queue '", Missing/binary, "' in vhost '/'">>,
    mq:refused(Bad, #'queue.declare'{queue = Missing, passive = true}, {404, Text}),
    mq:publish_confirmed(Good, <<>>, Queue, <<"still here">>),
    {_, #amqp_msg{payload = Body}} = mq:delivery(Consumer),
    harness:equal(Body, <<"still here">>, body).

channel_error_survived(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    First = mq:channel(Connection),
    Monitor = monitor(process, First),
    Missing = harness:own_name(Test, "missing"),
    mq:publish(First, Missing, <<"key">>, <<"x">>),
    Text = <<"NOT_FOUND - no exchange '", Missing/binary, "' in vhost '/'">>,
    Expected = {shutdown, {server_initiated_close, 404, Text}},
    harness:equal(mq:down(First, Monitor), Expected, closed),
    mq:exchanges_one_message(mq:confirm_channel(Connection), Queue).

connection_error_reported(Test) ->
    Connection = mq:connect(Test),
    Monitor = monitor(process, Connection),
    Channel = mq:channel(Connection),
    Closed = {server_initiated_close, 540, <<"NOT_IMPLEMENTED - prefetch_size!=0 (1)">>},
    try amqp_channel:call(Channel, #'basic.qos'{prefetch_size = 1}) of
        Answer -> error({no_refusal, Answer})
    catch
        exit:{Reported, _} ->
            harness:equal(Reported, {shutdown, {connection_closing, Closed}}, on_the_channel)
    end,
    harness:equal(mq:down(Connection, Monitor), {shutdown, Closed}, lost).

exclusive_queue_locked(Test = #{name := Queue}) ->
    [Owner, Other] = [mq:connect(Test), mq:connect(Test)],
    Owned = mq:confirm_channel(Owner),
    mq:declare(Owned, Queue, exclusive),
    Text =
        <<"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '", Queue/binary,
            "' in vhost '/'">>,
    [
        mq:refused(mq:channel(Other), Method, {405, Text})
     || Method <- [
            #'queue.declare'{queue = Queue, exclusive = true},
            #'basic.get'{queue = Queue, no_ack = true},
            #'basic.consume'{queue = Queue}
        ]
    ],
    mq:publish_confirmed(Owned, <<>>, Queue, <<"mine">>),
    harness:equal(mq:bodies(Owned, Queue), [<<"mine">>], mine).

rpc_direct_reply_to(Test = #{name := Queue}) ->
    [Asking, Answering] = [mq:connect(Test), mq:connect(Test)],
    [Server, Client] = [mq:channel(Answering), mq:channel(Asking)],
    mq:declare(Server, Queue, auto_delete),
    Requests = mq:consume(Server, Queue, true),
    Replies = mq:consume(Client, ?REPLY_TO, true),
    lists:foreach(
        fun(Question) ->
            Properties = #'P_basic'{reply_to = ?REPLY_TO, correlation_id = Question},
            mq:publish(Client, <<>>, Queue, Question, Properties),
            answer(Server, mq:delivery(Requests)),
            {_, #amqp_msg{payload = Body, props = Got}} = mq:delivery(Replies),
            harness:equal(Got#'P_basic'.correlation_id, Question, correlation_id),
            harness:equal(Body, string:uppercase(Question), reply)
        end,
        [<<"one">>, <<"two">>, <<"three">>]
    ).

answer(Server, {_, #amqp_msg{payload = Body, props = Asked}}) ->
    #'P_basic'{reply_to = ReplyTo, correlation_id = Id} = Asked,
    {0, _} = binary:match(ReplyTo, <<(?REPLY_TO)/binary, ".">>),
    mq:publish(Server, <<>>, ReplyTo, string:uppercase(Body), #'P_basic'{correlation_id = Id}).

channels_1000(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    Channels = [mq:channel(Connection) || _ <- lists:seq(1, ?CHANNELS)],
    mq:declare(hd(Channels), Queue, exclusive),
    Consumer = mq:consume(hd(Channels), Queue, true),
    Bodies = [integer_to_binary(Number) || Number <- lists:seq(1, ?CHANNELS)],
    [
        ok = mq:publish(Channel, <<>>, Queue, Body)
     || {Channel, Body} <- lists:zip(Channels, Bodies)
    ],
    Received = [Body || _ <- Bodies, {_, #amqp_msg{payload = Body}} <- [mq:delivery(Consumer)]],
    harness:equal(lists:sort(Received), lists:sort(Bodies), bodies).

heartbeat_silence(Test = #{url := Url, name := Queue}) ->
    Connection = mq:connect(Test, (mq:params(Url))#amqp_params_network{heartbeat = 1}),
    Monitor = monitor(process, Connection),
    Channel = mq:confirm_channel(Connection),
    %% The silence is what is under test: only heartbeats may keep the connection.
    receive
        {'DOWN', Monitor, process, Connection, Reason} -> error({lost_in_silence, Reason})
    after ?SILENCE_MS -> ok
    end,
    mq:exchanges_one_message(Channel, Queue).
