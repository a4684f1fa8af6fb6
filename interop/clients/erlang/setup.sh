#!/bin/sh
# Gets Erlang and its AMQP client, which both come with Debian's RabbitMQ (its service is not
# started), and compiles the program.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/erlang
out=.cache/interop/erlang

sh interop/brokers/rabbitmq-setup.sh
command -v erlc >/dev/null || unavailable 'needs erlc (Debian: erlang-base)'
[ -L "$out/lib" ] && unchanged "$out/.stamp" "$here"/src/*.erl "$here/setup.sh" && exit 0
mkdir -p "$out"

# main.sh finds the libraries here, whatever the version in the folder's name.
for plugins in /usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins; do
  ln -sfn "$plugins" "$out/lib"
done
[ -d "$out/lib/" ] || unavailable "RabbitMQ is here without its client: no folder $plugins"
ERL_LIBS=$out/lib erlc -Werror +warn_export_vars +warn_shadow_vars +warn_unused_import -o "$out" \
  "$here"/src/*.erl >"$out/erlc.log" 2>&1 ||
  broken "the Erlang program does not compile: $out/erlc.log"
stamp "$out/.stamp" "$here"/src/*.erl "$here/setup.sh"
