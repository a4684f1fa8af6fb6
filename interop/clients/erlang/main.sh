#!/bin/sh
# Starts the program that setup.sh has compiled. The client's own log is off: it has a page for each
# connection that a scenario loses on purpose.
set -eu
cd "$(dirname "$0")/../../.."
out=.cache/interop/erlang
ERL_LIBS=$out/lib ERL_CRASH_DUMP_SECONDS=0 exec erl -boot no_dot_erlang -noinput -pa "$out" \
  -kernel logger_level none -s main start
