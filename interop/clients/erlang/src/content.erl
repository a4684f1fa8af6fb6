%% Scenarios of what a message carries: sizes, Unicode, headers of every type, properties.
-module(content).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(TEN_MIB, 10 * 1024 * 1024).

scenarios() ->
    [
        {<<"body-empty">>, fun body_empty/1},
        {<<"body-10mib">>, fun body_10mib/1},
        {<<"unicode">>, fun unicode/1},
        {<<"header-table">>, fun header_table/1},
        {<<"properties-all">>, fun properties_all/1},
        {<<"priorities-timestamps">>, fun priorities_timestamps/1}
    ].

%% A confirm channel, with an exclusive queue named as the test.
confirmed(Test = #{name := Queue}) ->
    Channel = mq:confirm_channel(mq:connect(Test)),
    mq:declare(Channel, Queue, exclusive),
    Channel.

%% Publishes into the queue and gets the message back, which must be the same.
there_and_back(Channel, Queue, Message = #amqp_msg{payload = Body, props = Properties}) ->
    mq:publish_confirmed(Channel, <<>>, Queue, Body, Properties),
    {#'basic.get_ok'{}, Back} = mq:get(Channel, Queue),
    harness:equal(Back, Message, there_and_back).

body_empty(Test = #{name := Queue}) ->
    Message = #amqp_msg{payload = <<>>, props = #'P_basic'{type = <<"empty">>}},
    there_and_back(confirmed(Test), Queue, Message).

body_10mib(Test = #{name := Queue}) ->
    Channel = confirmed(Test),
    Body = crypto:strong_rand_bytes(?TEN_MIB),
    mq:publish_confirmed(Channel, <<>>, Queue, Body),
    {_, #amqp_msg{payload = Back}} = mq:delivery(mq:consume(Channel, Queue, true)),
    harness:equal(byte_size(Back), ?TEN_MIB, octets),
    harness:equal(crypto:hash(sha256, Back), crypto:hash(sha256, Body), sha256).

unicode(Test) ->
    Channel = confirmed(Test),
    Exchange = harness:own_name(Test, "交換機.обмен"),
    Queue = harness:own_name(Test, "очередь.队列.🐇"),
    Key = <<"ключ.🐇.größe"/utf8>>,
    Text = <<"Grüße, 兎 and 🐇, e\x{301}"/utf8>>,
    mq:declare_exchange(Channel, Exchange, <<"topic">>),
    mq:declare(Channel, Queue, exclusive),
    mq:bind(Channel, Queue, Exchange, <<"ключ.*.größe"/utf8>>),
    Properties = #'P_basic'{headers = [{<<"ключ"/utf8>>, longstr, Text}]},
    mq:publish_confirmed(Channel, Exchange, Key, Text, Properties),
    {Got, Message} = mq:get(Channel, Queue),
    #'basic.get_ok'{exchange = FromExchange, routing_key = WithKey} = Got,
    harness:equal({FromExchange, WithKey}, {Exchange, Key}, way),
    harness:equal(Message, #amqp_msg{payload = Text, props = Properties}, message).

%% One header a type and extreme; the client tells the type of what comes back.
header_table(Test = #{name := Queue}) ->
    harness:note(Test, "the client cannot send headers of type L"),
    List = [{longstr, <<"in a list">>}, {short, -300}, {void, undefined}, {array, []}],
    Headers = [
        {<<"S">>, longstr, <<"text, Größe, 兎"/utf8>>},
        {<<"S empty">>, longstr, <<>>},
        {<<"x">>, binary, <<0, 1, 254, 255>>},
        {<<"t">>, bool, true},
        {<<"t false">>, bool, false},
        {<<"b">>, byte, -128},
        {<<"B">>, unsignedbyte, 255},
        {<<"s">>, short, -32_768},
        {<<"u">>, unsignedshort, 65_535},
        {<<"I">>, signedint, -2_147_483_648},
        {<<"i">>, unsignedint, 4_294_967_295},
        {<<"l">>, long, -9_223_372_036_854_775_808},
        {<<"l max">>, long, 9_223_372_036_854_775_807},
        {<<"f">>, float, 1.5},
        {<<"d">>, double, 3.141592653589793},
        {<<"D">>, decimal, {2, 31_415}},
        {<<"T">>, timestamp, 1_700_000_000},
        {<<"V">>, void, undefined},
        {<<"A">>, array, List},
        {<<"F">>, table, [{<<"float">>, float, -0.25}, {<<"list">>, array, List}]},
        {<<"F empty">>, table, []}
    ],
    Message = #amqp_msg{payload = <<"x">>, props = #'P_basic'{headers = Headers}},
    there_and_back(confirmed(Test), Queue, Message).

properties_all(Test = #{name := Queue, url := Url}) ->
    #amqp_params_network{username = User} = mq:params(Url),
    All = #'P_basic'{
        content_type = <<"application/octet-stream">>,
        content_encoding = <<"identity">>,
        headers = [{<<"key">>, longstr, <<"value">>}],
        delivery_mode = 2,
        priority = 9,
        correlation_id = <<"correlation-1">>,
        reply_to = <<"reply.queue">>,
        expiration = <<"3600000">>,
        message_id = <<"message-1">>,
        timestamp = 1_700_000_000,
        type = <<"type-1">>,
        user_id = User,
        app_id = <<"app-1">>,
        cluster_id = <<"cluster-1">>
    },
    there_and_back(confirmed(Test), Queue, #amqp_msg{payload = <<"x">>, props = All}).

priorities_timestamps(Test = #{name := Queue}) ->
    Channel = confirmed(Test),
    Priorities = [#'P_basic'{priority = Priority} || Priority <- [255 | lists:seq(0, 9)]],
    Timestamps = [
        #'P_basic'{timestamp = Timestamp}
     || Timestamp <- [0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800]
    ],
    [
        there_and_back(Channel, Queue, #amqp_msg{payload = <<"x">>, props = Properties})
     || Properties <- Priorities ++ Timestamps
    ].
