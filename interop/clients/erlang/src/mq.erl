%% amqp_client's calls, a little shorter: each takes what it needs and fails the scenario when the
%% answer is not the one that was wanted. Knows no scenario.
-module(mq).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([params/1, connect/1, connect/2, channel/1, confirm_channel/1, close/1]).
-export([declare/3, ready/2, bind/4, declare_exchange/3]).
-export([publish/4, publish/5, confirmed/1, publish_confirmed/4, publish_confirmed/5]).
-export([get/2, get/3, bodies/2, consume/2, consume/3, delivery/1, cancelled/1, down/2]).
-export([refused/2, refused/3]).
-export([exchanges_one_message/2]).

-define(LIMIT_MS, 10_000).

params(Url) ->
    {ok, Params} = amqp_uri:parse(Url),
    Params.

%% A connection to the suite's broker, closed after the scenario.
connect(Test = #{url := Url}) ->
    connect(Test, params(Url)).

connect(Test, Params) ->
    {ok, Connection} = amqp_connection:start(Params),
    harness:after_scenario(Test, fun() ->
        is_process_alive(Connection) andalso amqp_connection:close(Connection, 2_000)
    end),
    Connection.

channel(Connection) ->
    {ok, Channel} = amqp_connection:open_channel(Connection),
    Channel.

confirm_channel(Connection) ->
    Channel = channel(Connection),
    #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
    Channel.

close(Channel) ->
    ok = amqp_channel:close(Channel).

%% Declares a queue with the flag that is named.
declare(Channel, Queue, How) ->
    Declare = #'queue.declare'{
        queue = Queue,
        durable = How =:= durable,
        exclusive = How =:= exclusive,
        auto_delete = How =:= auto_delete
    },
    #'queue.declare_ok'{queue = Queue} = amqp_channel:call(Channel, Declare),
    Queue.

%% The number of messages that are ready in a queue.
ready(Channel, Queue) ->
    Declare = #'queue.declare'{queue = Queue, passive = true},
    #'queue.declare_ok'{message_count = Count} = amqp_channel:call(Channel, Declare),
    Count.

bind(Channel, Queue, Exchange, Key) ->
    Bind = #'queue.bind'{queue = Queue, exchange = Exchange, routing_key = Key},
    #'queue.bind_ok'{} = amqp_channel:call(Channel, Bind),
    ok.

declare_exchange(Channel, Exchange, Type) ->
    Declare = #'exchange.declare'{exchange = Exchange, type = Type, auto_delete = true},
    #'exchange.declare_ok'{} = amqp_channel:call(Channel, Declare),
    Exchange.

publish(Channel, Exchange, Key, Body) ->
    publish(Channel, Exchange, Key, Body, #'P_basic'{}).

publish(Channel, Exchange, Key, Body, Properties) ->
    Publish = #'basic.publish'{exchange = Exchange, routing_key = Key},
    Message = #amqp_msg{props = Properties, payload = Body},
    ok = amqp_channel:call(Channel, Publish, Message).

%% Waits until everything published on a confirm channel is confirmed.
confirmed(Channel) ->
    true = amqp_channel:wait_for_confirms(Channel, {?LIMIT_MS, millisecond}),
    ok.

publish_confirmed(Channel, Exchange, Key, Body) ->
    publish_confirmed(Channel, Exchange, Key, Body, #'P_basic'{}).

publish_confirmed(Channel, Exchange, Key, Body, Properties) ->
    ok = publish(Channel, Exchange, Key, Body, Properties),
    confirmed(Channel).

get(Channel, Queue) ->
    get(Channel, Queue, true).

get(Channel, Queue, NoAck) ->
    amqp_channel:call(Channel, #'basic.get'{queue = Queue, no_ack = NoAck}).

%% Takes all that is in a queue.
bodies(Channel, Queue) ->
    case get(Channel, Queue) of
        {#'basic.get_ok'{}, #amqp_msg{payload = Body}} -> [Body | bodies(Channel, Queue)];
        #'basic.get_empty'{} -> []
    end.

%% Starts a consumer whose messages come to this process; gives its tag.
consume(Channel, Queue, NoAck) ->
    consume(Channel, #'basic.consume'{queue = Queue, no_ack = NoAck}).

consume(Channel, Consume) ->
    #'basic.consume_ok'{consumer_tag = Tag} = amqp_channel:subscribe(Channel, Consume, self()),
    Tag.

%% The next message of a consumer.
delivery(ConsumerTag) ->
    receive
        {#'basic.deliver'{consumer_tag = ConsumerTag} = Deliver, Message} -> {Deliver, Message}
    after ?LIMIT_MS -> error({no_delivery, process_info(self(), messages)})
    end.

%% Waits until the server cancels a consumer.
cancelled(ConsumerTag) ->
    receive
        #'basic.cancel'{consumer_tag = ConsumerTag} -> ok
    after ?LIMIT_MS -> error({not_cancelled, process_info(self(), messages)})
    end.

%% Waits until a connection or channel ends; gives what the client reports as the reason.
down(Process, Monitor) ->
    receive
        {'DOWN', Monitor, process, Process, Reason} -> Reason
    after ?LIMIT_MS -> error({still_there, Process})
    end.

%% Calls what the server answers by closing the channel, with this code and a text that starts so.
refused(Channel, Method, Expected) ->
    refused(fun() -> amqp_channel:call(Channel, Method) end, Expected).

refused(Call, {Code, Text}) ->
    try Call() of
        Answer -> error({no_refusal, Answer})
    catch
        exit:{{shutdown, {server_initiated_close, ReportedCode, Reported}}, _} ->
            Start = binary:part(Reported, 0, min(byte_size(Text), byte_size(Reported))),
            harness:equal({ReportedCode, Start}, {Code, Text}, refused)
    end.

%% Declares, publishes, gets: shows that a confirm channel works.
exchanges_one_message(Channel, Queue) ->
    declare(Channel, Queue, exclusive),
    publish_confirmed(Channel, <<>>, Queue, <<"alive">>),
    harness:equal(bodies(Channel, Queue), [<<"alive">>], alive).
