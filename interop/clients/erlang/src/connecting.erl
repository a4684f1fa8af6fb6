%% Scenarios of opening a connection, and of being refused.
-module(connecting).

-include_lib("amqp_client/include/amqp_client.hrl").

-export([scenarios/0]).

-define(CAPABILITIES, [
    <<"publisher_confirms">>,
    <<"exchange_exchange_bindings">>,
    <<"basic.nack">>,
    <<"consumer_cancel_notify">>,
    <<"connection.blocked">>,
    <<"consumer_priorities">>,
    <<"authentication_failure_close">>,
    <<"per_consumer_qos">>,
    <<"direct_reply_to">>
]).

scenarios() ->
    [
        {<<"connect-default-vhost">>, fun(Test) -> to_root_vhost(Test, "") end},
        {<<"connect-encoded-vhost">>, fun(Test) -> to_root_vhost(Test, "/%2F") end},
        {<<"connect-missing-vhost">>, fun missing_vhost/1},
        {<<"connect-wrong-password">>, fun wrong_password/1},
        {<<"server-properties">>, fun server_properties/1}
    ].

%% Connects and does one round trip, where the error's text shows which vhost it is.
to_root_vhost(Test = #{url := Url, name := Name}, Path) ->
    Channel = mq:channel(mq:connect(Test, mq:params(Url ++ Path))),
    Text = <<"NOT_FOUND - no queue '", Name/binary, "' in vhost '/'">>,
    mq:refused(Channel, #'queue.declare'{queue = Name, passive = true}, {404, Text}).

missing_vhost(Test = #{url := Url}) ->
    harness:note(Test, "the client reports a 530 as not_allowed, without its text"),
    Reported = amqp_connection:start(mq:params(Url ++ "/no-such-vhost")),
    harness:equal(Reported, {error, not_allowed}, reported).

wrong_password(#{url := Url}) ->
    Params = (mq:params(Url))#amqp_params_network{password = <<"wrong">>},
    Text =
        "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. "
        "For details see the broker logfile.",
    harness:equal(amqp_connection:start(Params), {error, {auth_failure, Text}}, reported).

server_properties(Test) ->
    [{server_properties, Table}] = amqp_connection:info(mq:connect(Test), [server_properties]),
    Properties = maps:from_list([{Key, {Type, Value}} || {Key, Type, Value} <- Table]),
    harness:equal(maps:get(<<"product">>, Properties), {longstr, <<"RabbitMQ">>}, product),
    {longstr, Version} = maps:get(<<"version">>, Properties),
    {match, _} = re:run(Version, "^\\d+\\.\\d+\\.\\d+"),
    [
        {longstr, _} = maps:get(Key, Properties)
     || Key <- [<<"platform">>, <<"copyright">>, <<"information">>, <<"cluster_name">>]
    ],
    {table, Capabilities} = maps:get(<<"capabilities">>, Properties),
    Expected = [{Capability, bool, true} || Capability <- ?CAPABILITIES],
    harness:equal(lists:sort(Capabilities), lists:sort(Expected), capabilities).
