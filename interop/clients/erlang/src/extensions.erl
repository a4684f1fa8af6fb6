%% Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
%% together, dead letters that wait.
-module(extensions).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(EXCHANGE, <<"amq.direct">>).

scenarios() ->
    [
        {<<"filter">>, fun filter/1},
        {<<"group-key">>, fun group_key/1},
        {<<"dead-letter-at-least-once">>, fun dead_letter_at_least_once/1}
    ].

filter(Test = #{name := Queue}) ->
    Connection = mq:connect(Test),
    Publisher = mq:confirm_channel(Connection),
    mq:declare(Publisher, Queue, exclusive),
    Put = fun(Body, Properties) ->
        ok = mq:publish_confirmed(Publisher, <<>>, Queue, Body, Properties)
    end,
    Put(<<"big red">>, coloured(<<"red">>, 5)),
    Put(<<"small red">>, coloured(<<"red">>, 3)),
    Put(<<"big blue">>, coloured(<<"blue">>, 9)),
    Put(<<"named">>, #'P_basic'{message_id = <<"order-7">>}),
    Put(<<"bigger red">>, coloured(<<"red">>, 70_000)),
    [First, Second] = [mq:channel(Connection), mq:channel(Connection)],
    Reds = mq:consume(First, choosing(Queue, <<"colour = 'red' AND size > 3">>)),
    ack(First, take(Reds, [<<"big red">>, <<"bigger red">>])),
    Orders = mq:consume(Second, choosing(Queue, <<"p.message_id LIKE 'order-%'">>)),
    ack(Second, take(Orders, [<<"named">>])),
    Put(<<"last red">>, coloured(<<"red">>, 4)),
    ack(First, take(Reds, [<<"last red">>])),
    cancel(First, Reds),
    cancel(Second, Orders),
    take(mq:consume(First, Queue, true), [<<"small red">>, <<"big blue">>]),
    Text = <<
        "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '", Queue/binary,
        "' in vhost '/': {invalid_filter,\"no end of the quote at 10\"}"
    >>,
    Third = mq:channel(Connection),
    Wrong = choosing(Queue, <<"colour = 'red">>),
    mq:refused(fun() -> mq:consume(Third, Wrong) end, {406, Text}).

coloured(Colour, Size) ->
    #'P_basic'{headers = [{<<"colour">>, longstr, Colour}, {<<"size">>, signedint, Size}]}.

choosing(Queue, Selector) ->
    #'basic.consume'{queue = Queue, arguments = [{<<"x-filter">>, longstr, Selector}]}.

%% The next messages of a consumer, which must be these; gives their tags.
take(Consumer, Bodies) ->
    {Tags, Got} = lists:unzip([
        {Tag, Body}
     || _ <- Bodies,
        {#'basic.deliver'{delivery_tag = Tag}, #amqp_msg{payload = Body}} <-
            [mq:delivery(Consumer)]
    ]),
    harness:equal(Got, Bodies, bodies),
    Tags.

ack(Channel, Tags) ->
    [ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Tag}) || Tag <- Tags].

cancel(Channel, Consumer) ->
    #'basic.cancel_ok'{} = amqp_channel:call(Channel, #'basic.cancel'{consumer_tag = Consumer}).

group_key(Test) ->
    groups(Test, <<"routing-key">>, fun(Key) -> {Key, []} end),
    groups(Test, <<"customer">>, fun(Key) -> {<<"a">>, [{<<"customer">>, longstr, Key}]} end).

%% Two consumers, of no more than two messages each at a time. A message's key is the first letter
%% of its name; Sent gives the end of its routing key, and its headers.
groups(Test, Argument, Sent) ->
    Connection = mq:connect(Test),
    Publisher = mq:confirm_channel(Connection),
    Queue = harness:own_name(Test, Argument),
    Declare = #'queue.declare'{
        queue = Queue, exclusive = true, arguments = [{<<"x-group-key">>, longstr, Argument}]
    },
    #'queue.declare_ok'{} = amqp_channel:call(Publisher, Declare),
    [mq:bind(Publisher, Queue, ?EXCHANGE, routing_key(Queue, Key)) || Key <- [<<"a">>, <<"b">>]],
    Put = fun(<<First:1/binary, _/binary>> = Name) ->
        {Key, Headers} = Sent(First),
        Properties = #'P_basic'{headers = Headers},
        ok = mq:publish_confirmed(
            Publisher, ?EXCHANGE, routing_key(Queue, Key), Name, Properties
        )
    end,
    [Put(Name) || Name <- [<<"a1">>, <<"a2">>, <<"a3">>, <<"b1">>, <<"b2">>, <<"b3">>]],
    [One, Two] = [with_prefetch(Connection, 2), with_prefetch(Connection, 2)],
    First = mq:consume(One, Queue, false),
    [Oldest, Second] = take(First, [<<"a1">>, <<"a2">>]),
    Other = mq:consume(Two, Queue, false),
    ack(Two, take(Other, [<<"b1">>, <<"b2">>])),
    ack(Two, take(Other, [<<"b3">>])),
    %% The second one has nothing to do, and yet it gets none of the key that the first one has.
    harness:equal(mq:ready(Two, Queue), 1, ready),
    ack(One, [Oldest]),
    ack(One, [Second | take(First, [<<"a3">>])]),
    cancel(One, First),
    Put(<<"a4">>),
    take(Other, [<<"a4">>]).

routing_key(Queue, Key) ->
    <<Queue/binary, ".", Key/binary>>.

with_prefetch(Connection, Count) ->
    Channel = mq:channel(Connection),
    #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = Count}),
    Channel.

dead_letter_at_least_once(Test = #{name := Queue}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    [Target, Key] = [harness:own_name(Test, "dead"), harness:own_name(Test, "key")],
    Declare = #'queue.declare'{
        queue = Queue,
        durable = true,
        arguments = [
            {<<"x-queue-type">>, longstr, <<"quorum">>},
            {<<"x-overflow">>, longstr, <<"reject-publish">>},
            {<<"x-dead-letter-strategy">>, longstr, <<"at-least-once">>},
            {<<"x-dead-letter-exchange">>, longstr, ?EXCHANGE},
            {<<"x-dead-letter-routing-key">>, longstr, Key}
        ]
    },
    #'queue.declare_ok'{} = amqp_channel:call(Channel, Declare),
    harness:after_scenario(Test, fun() ->
        #'queue.delete_ok'{} = amqp_channel:call(Channel, #'queue.delete'{queue = Queue})
    end),
    mq:publish_confirmed(Channel, <<>>, Queue, <<"refused">>),
    [Tag] = take(mq:consume(Channel, Queue, false), [<<"refused">>]),
    ok = amqp_channel:call(Channel, #'basic.reject'{delivery_tag = Tag, requeue = false}),
    %% When this is answered, the letter has found no queue.
    mq:declare(Channel, Target, exclusive),
    mq:bind(Channel, Target, ?EXCHANGE, Key),
    {_, #amqp_msg{payload = <<"refused">>, props = #'P_basic'{headers = Headers}}} =
        mq:delivery(mq:consume(Channel, Target, true)),
    {_, array, [{table, Death}]} = lists:keyfind(<<"x-death">>, 1, Headers),
    Reason = lists:keyfind(<<"reason">>, 1, Death),
    harness:equal(Reason, {<<"reason">>, longstr, <<"rejected">>}, reason).
