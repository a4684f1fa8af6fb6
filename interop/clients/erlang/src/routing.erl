%% Scenarios of each exchange type: declare, bind, publish, look which queue got what.
-module(routing).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

scenarios() ->
    [
        {<<"exchange-direct">>, fun direct/1},
        {<<"exchange-fanout">>, fun fanout/1},
        {<<"exchange-topic">>, fun topic/1},
        {<<"exchange-headers">>, fun headers/1},
        {<<"exchange-to-exchange">>, fun exchange_to_exchange/1}
    ].

%% An exchange named as the test, on a confirm channel: after a publish the message is in its
%% queues.
exchange(Test = #{name := Exchange}, Type) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    mq:declare_exchange(Channel, Exchange, Type),
    Channel.

queue(Test = #{name := Exchange}, Channel, Suffix, Keys) ->
    Queue = mq:declare(Channel, harness:own_name(Test, Suffix), exclusive),
    [ok = mq:bind(Channel, Queue, Exchange, Key) || Key <- Keys],
    Queue.

%% Publishes each key with itself as the body.
send(#{name := Exchange}, Channel, Keys) ->
    [ok = mq:publish_confirmed(Channel, Exchange, Key, Key) || Key <- Keys].

received(Channel, Queue, Expected) ->
    harness:equal(mq:bodies(Channel, Queue), Expected, Queue).

direct(Test = #{name := Exchange}) ->
    Channel = exchange(Test, <<"direct">>),
    Red = queue(Test, Channel, "red", [<<"red">>]),
    Both = queue(Test, Channel, "both", [<<"red">>, <<"blue">>]),
    send(Test, Channel, [<<"red">>, <<"blue">>, <<"redder">>]),
    received(Channel, Red, [<<"red">>]),
    received(Channel, Both, [<<"red">>, <<"blue">>]),
    Unbind = #'queue.unbind'{queue = Both, exchange = Exchange, routing_key = <<"red">>},
    #'queue.unbind_ok'{} = amqp_channel:call(Channel, Unbind),
    send(Test, Channel, [<<"red">>, <<"blue">>]),
    received(Channel, Both, [<<"blue">>]).

fanout(Test) ->
    Channel = exchange(Test, <<"fanout">>),
    Queues = [queue(Test, Channel, Number, [<<"ignored">>]) || Number <- ["1", "2", "3"]],
    send(Test, Channel, [<<"any">>, <<>>]),
    [received(Channel, Queue, [<<"any">>, <<>>]) || Queue <- Queues].

topic(Test) ->
    All = [
        <<"stock.usd.nyse">>, <<"stock">>, <<"stock.usd">>, <<"quick.orange.rabbit">>, <<"a..b">>,
        <<>>
    ],
    Expected = #{
        <<"stock.*.nyse">> => [<<"stock.usd.nyse">>],
        <<"stock.#">> => [<<"stock.usd.nyse">>, <<"stock">>, <<"stock.usd">>],
        <<"#">> => All,
        <<"*.orange.*">> => [<<"quick.orange.rabbit">>],
        <<"*">> => [<<"stock">>],
        <<"a.*.b">> => [<<"a..b">>],
        <<"#.usd.#">> => [<<"stock.usd.nyse">>, <<"stock.usd">>]
    },
    Channel = exchange(Test, <<"topic">>),
    Queues = maps:map(fun(Pattern, _) -> queue(Test, Channel, Pattern, [Pattern]) end, Expected),
    send(Test, Channel, All),
    [
        received(Channel, maps:get(Pattern, Queues), Keys)
     || {Pattern, Keys} <- maps:to_list(Expected)
    ].

headers(Test = #{name := Exchange}) ->
    Channel = exchange(Test, <<"headers">>),
    Pair = [{<<"format">>, longstr, <<"pdf">>}, {<<"kind">>, longstr, <<"report">>}],
    [Every, Some] = [
        begin
            Queue = queue(Test, Channel, Match, []),
            Arguments = [{<<"x-match">>, longstr, Match} | Pair],
            Bind = #'queue.bind'{queue = Queue, exchange = Exchange, arguments = Arguments},
            #'queue.bind_ok'{} = amqp_channel:call(Channel, Bind),
            Queue
        end
     || Match <- [<<"all">>, <<"any">>]
    ],
    Send = fun(Body, Headers) ->
        mq:publish_confirmed(Channel, Exchange, <<>>, Body, #'P_basic'{headers = Headers})
    end,
    Send(<<"both">>, Pair),
    Send(<<"one">>, [{<<"format">>, longstr, <<"pdf">>}, {<<"kind">>, longstr, <<"log">>}]),
    Send(<<"other">>, [{<<"format">>, longstr, <<"zip">>}]),
    Send(<<"bare">>, undefined),
    received(Channel, Every, [<<"both">>]),
    received(Channel, Some, [<<"both">>, <<"one">>]).

exchange_to_exchange(Test = #{name := Topic}) ->
    Channel = exchange(Test, <<"topic">>),
    Fanout = mq:declare_exchange(Channel, harness:own_name(Test, "fanout"), <<"fanout">>),
    Bind = #'exchange.bind'{destination = Fanout, source = Topic, routing_key = <<"log.#">>},
    #'exchange.bind_ok'{} = amqp_channel:call(Channel, Bind),
    %% A second way to the same queue must not give a second copy.
    Target = queue(Test, Channel, "target", [<<"log.error">>]),
    mq:bind(Channel, Target, Fanout, <<>>),
    send(Test, Channel, [<<"log.error">>, <<"log.info">>, <<"other">>]),
    received(Channel, Target, [<<"log.error">>, <<"log.info">>]).
