%% The program: runs the shared scenarios with amqp_client that INTEROP_SCENARIOS names and
%% reports each. See interop/runner/programs.ts for the environment and the lines.
-module(main).

-export([start/0]).

-define(SUBJECTS, [
    connecting, routing, publishing, consuming, content, failing, recovering, extensions
]).

start() ->
    ok = io:setopts([{encoding, unicode}]),
    {ok, _} = application:ensure_all_started(amqp_client),
    {ok, Version} = application:get_key(amqp_client, vsn),
    io:format("# client amqp_client ~s~n", [Version]),
    Scenarios = maps:from_list(lists:append([Subject:scenarios() || Subject <- ?SUBJECTS])),
    Outcomes = [report(Name, maps:find(Name, Scenarios)) || Name <- listed()],
    halt(case lists:member(failed, Outcomes) of true -> 1; false -> 0 end).

listed() ->
    [list_to_binary(Name) || Name <- string:lexemes(os:getenv("INTEROP_SCENARIOS"), " ")].

report(Name, error) ->
    io:format("not ok ~ts - not written for this language~n", [Name]),
    failed;
report(Name, {ok, Scenario}) ->
    case harness:run(Name, Scenario) of
        ok -> io:format("ok ~ts~n", [Name]), passed;
        {skip, Reason} -> io:format("skip ~ts - ~ts~n", [Name, Reason]), skipped;
        {failed, Reason} -> io:format("not ok ~ts - ~ts~n", [Name, Reason]), failed
    end.
