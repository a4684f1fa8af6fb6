%% Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
%% from the queue after the channel is closed, when all that was not settled has come back.
-module(consuming).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

scenarios() ->
    [
        {<<"get">>, fun get/1},
        {<<"get-empty">>, fun get_empty/1},
        {<<"consume-prefetch">>, fun consume_prefetch/1},
        {<<"ack-each">>, fun ack_each/1},
        {<<"ack-multiple">>, fun ack_multiple/1},
        {<<"auto-ack">>, fun auto_ack/1},
        {<<"reject-drop">>, fun reject_drop/1},
        {<<"nack-multiple">>, fun nack_multiple/1},
        {<<"nack-requeue">>, fun nack_requeue/1}
    ].

%% A queue of its own with the messages 1 to Count; a channel to take them on, and the publisher's.
filled(Test = #{name := Queue}, Count) ->
    Connection = mq:connect(Test),
    Publisher = mq:confirm_channel(Connection),
    mq:declare(Publisher, Queue, exclusive),
    [
        ok = mq:publish_confirmed(Publisher, <<>>, Queue, integer_to_binary(Number))
     || Number <- lists:seq(1, Count)
    ],
    {mq:channel(Connection), Publisher}.

%% The tags of the next deliveries, which must be these numbers.
take(ConsumerTag, Numbers, Redelivered) ->
    [
        begin
            {#'basic.deliver'{delivery_tag = Tag, redelivered = Flag}, #amqp_msg{payload = Body}} =
                mq:delivery(ConsumerTag),
            harness:equal({Body, Flag}, {integer_to_binary(Number), Redelivered}, delivery),
            Tag
        end
     || Number <- Numbers
    ].

%% Closes the channel; the queue must hold these numbers then.
left({Channel, Publisher}, Queue, Numbers) ->
    mq:close(Channel),
    Expected = [integer_to_binary(Number) || Number <- Numbers],
    harness:equal(mq:bodies(Publisher, Queue), Expected, left).

get(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 3),
    {First, #amqp_msg{payload = <<"1">>}} = mq:get(Channel, Queue, false),
    #'basic.get_ok'{delivery_tag = Tag} = First,
    Expected = #'basic.get_ok'{
        delivery_tag = Tag,
        redelivered = false,
        exchange = <<>>,
        routing_key = Queue,
        message_count = 2
    },
    harness:equal(First, Expected, first),
    ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Tag}),
    {#'basic.get_ok'{message_count = Left}, #amqp_msg{payload = Second}} =
        mq:get(Channel, Queue, true),
    harness:equal({Second, Left}, {<<"2">>, 1}, second),
    left(Channels, Queue, [3]).

get_empty(Test = #{name := Queue}) ->
    {Channel, _} = filled(Test, 0),
    #'basic.get_empty'{} = mq:get(Channel, Queue, false),
    #'basic.get_empty'{} = mq:get(Channel, Queue, true).

consume_prefetch(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 10),
    #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = 3}),
    Consumer = mq:consume(Channel, Queue, false),
    [First | _] = take(Consumer, [1, 2, 3], false),
    harness:equal(mq:ready(Channel, Queue), 7, ready_while_three_are_outstanding),
    receive
        {#'basic.deliver'{}, _} = More -> error({beyond_the_prefetch, More})
    after 0 -> ok
    end,
    ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = First}),
    take(Consumer, [4], false),
    #'basic.cancel_ok'{} = amqp_channel:call(Channel, #'basic.cancel'{consumer_tag = Consumer}),
    left(Channels, Queue, lists:seq(2, 10)).

ack_each(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 5),
    Tags = take(mq:consume(Channel, Queue, false), lists:seq(1, 5), false),
    [ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Tag}) || Tag <- Tags],
    left(Channels, Queue, []).

ack_multiple(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 6),
    [_, _, _, Fourth | _] = take(mq:consume(Channel, Queue, false), lists:seq(1, 6), false),
    ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Fourth, multiple = true}),
    left(Channels, Queue, [5, 6]).

auto_ack(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 5),
    take(mq:consume(Channel, Queue, true), lists:seq(1, 5), false),
    left(Channels, Queue, []).

reject_drop(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 3),
    [First, _, Third] = take(mq:consume(Channel, Queue, false), [1, 2, 3], false),
    [
        ok = amqp_channel:call(Channel, #'basic.reject'{delivery_tag = Tag, requeue = false})
     || Tag <- [First, Third]
    ],
    left(Channels, Queue, [2]).

nack_multiple(Test = #{name := Queue}) ->
    {Channel, _} = filled(Test, 4),
    Consumer = mq:consume(Channel, Queue, false),
    [_, _, Third, _] = take(Consumer, [1, 2, 3, 4], false),
    Nack = #'basic.nack'{delivery_tag = Third, multiple = true, requeue = true},
    ok = amqp_channel:call(Channel, Nack),
    take(Consumer, [1, 2, 3], true).

nack_requeue(Test = #{name := Queue}) ->
    {Channel, _} = Channels = filled(Test, 1),
    Consumer = mq:consume(Channel, Queue, false),
    [Tag] = take(Consumer, [1], false),
    ok = amqp_channel:call(Channel, #'basic.nack'{delivery_tag = Tag, requeue = true}),
    [Again] = take(Consumer, [1], true),
    ok = amqp_channel:call(Channel, #'basic.nack'{delivery_tag = Again, requeue = false}),
    left(Channels, Queue, []).
