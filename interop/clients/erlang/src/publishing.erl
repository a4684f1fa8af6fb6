%% Scenarios of publishing: confirms, returns, transactions.
-module(publishing).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(LIMIT_MS, 10_000).

scenarios() ->
    [
        {<<"confirm-single">>, fun confirm_single/1},
        {<<"confirm-batch-1000">>, fun confirm_batch/1},
        {<<"confirm-batches">>, fun confirm_batches/1},
        {<<"mandatory-return">>, fun mandatory_return/1},
        {<<"tx-commit">>, fun tx_commit/1},
        {<<"tx-rollback">>, fun tx_rollback/1}
    ].

confirm_single(Test = #{name := Queue}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    mq:declare(Channel, Queue, durable),
    harness:after_scenario(Test, fun() ->
        #'queue.delete_ok'{} = amqp_channel:call(Channel, #'queue.delete'{queue = Queue})
    end),
    mq:publish_confirmed(Channel, <<>>, Queue, <<"kept">>, #'P_basic'{delivery_mode = 2}),
    {_, #amqp_msg{payload = Body, props = Properties}} = mq:get(Channel, Queue),
    harness:equal({Body, Properties#'P_basic'.delivery_mode}, {<<"kept">>, 2}, message).

confirm_batch(Test = #{name := Queue}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    mq:declare(Channel, Queue, exclusive),
    Bodies = [integer_to_binary(Number) || Number <- lists:seq(1, 1_000)],
    [ok = mq:publish(Channel, <<>>, Queue, Body) || Body <- Bodies],
    mq:confirmed(Channel),
    harness:equal(mq:ready(Channel, Queue), 1_000, ready),
    Tag = mq:consume(Channel, Queue, true),
    Received = [Body || _ <- Bodies, {_, #amqp_msg{payload = Body}} <- [mq:delivery(Tag)]],
    harness:equal(Received, Bodies, bodies).

confirm_batches(Test = #{name := Queue}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    mq:declare(Channel, Queue, exclusive),
    Batch = [integer_to_binary(Number) || Number <- lists:seq(1, 100)],
    [
        begin
            [ok = mq:publish(Channel, <<>>, Queue, Body) || Body <- Batch],
            mq:confirmed(Channel)
        end
     || _ <- lists:seq(1, 10)
    ],
    harness:equal(mq:ready(Channel, Queue), 1_000, ready).

mandatory_return(Test = #{name := Key}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    ok = amqp_channel:register_return_handler(Channel, self()),
    ok = amqp_channel:register_confirm_handler(Channel, self()),
    Properties = #'P_basic'{message_id = <<"m-1">>, content_type = <<"application/x-test">>},
    Publish = #'basic.publish'{exchange = <<"amq.direct">>, routing_key = Key, mandatory = true},
    Message = #amqp_msg{props = Properties, payload = <<"lost">>},
    ok = amqp_channel:call(Channel, Publish, Message),
    Expected = #'basic.return'{
        reply_code = 312,
        reply_text = <<"NO_ROUTE">>,
        exchange = <<"amq.direct">>,
        routing_key = Key
    },
    harness:equal(next(), {Expected, Message}, first),
    harness:equal(next(), #'basic.ack'{delivery_tag = 1}, second).

%% What comes next to this process, whatever it is.
next() ->
    receive
        Anything -> Anything
    after ?LIMIT_MS -> error(nothing_came)
    end.

%% A channel in tx mode, and one to look at the queue from outside.
transactional(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    [Channel, Observer] = [mq:channel(Connection), mq:channel(Connection)],
    mq:declare(Observer, Queue, exclusive),
    #'tx.select_ok'{} = amqp_channel:call(Channel, #'tx.select'{}),
    {Channel, Observer}.

commit(Channel) ->
    #'tx.commit_ok'{} = amqp_channel:call(Channel, #'tx.commit'{}).

ack_one(Channel, Queue, Expected) ->
    {#'basic.get_ok'{delivery_tag = Tag}, #amqp_msg{payload = Body}} =
        mq:get(Channel, Queue, false),
    harness:equal(Body, Expected, body),
    ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Tag}).

tx_commit(Test = #{name := Queue}) ->
    {Channel, Observer} = transactional(Test),
    mq:publish(Channel, <<>>, Queue, <<"one">>),
    mq:publish(Channel, <<>>, Queue, <<"two">>),
    harness:equal(mq:ready(Observer, Queue), 0, before_commit),
    commit(Channel),
    harness:equal(mq:ready(Observer, Queue), 2, after_commit),
    ack_one(Channel, Queue, <<"one">>),
    commit(Channel),
    mq:close(Channel),
    harness:equal(mq:ready(Observer, Queue), 1, an_acked_message_does_not_come_back).

tx_rollback(Test = #{name := Queue}) ->
    {Channel, Observer} = transactional(Test),
    mq:publish(Channel, <<>>, Queue, <<"kept">>),
    commit(Channel),
    mq:publish(Channel, <<>>, Queue, <<"dropped">>),
    ack_one(Channel, Queue, <<"kept">>),
    #'tx.rollback_ok'{} = amqp_channel:call(Channel, #'tx.rollback'{}),
    harness:equal(mq:ready(Observer, Queue), 0, rollback_does_not_redeliver),
    mq:close(Channel),
    harness:equal(mq:ready(Observer, Queue), 1, ack_and_publish_are_forgotten).
