#!/bin/sh
# Gets Debian's RabbitMQ, which is only ever run by the suites, on loopback and other ports.
set -eu
cd "$(dirname "$0")/../.."
. interop/clients/common.sh

have_it() {
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && command -v erl >/dev/null
}

# RUNLEVEL=1: the package's own service is not started.
have_it || { RUNLEVEL=1 debian .cache/interop/rabbitmq.apt.log rabbitmq-server && have_it; } ||
  unavailable 'needs RabbitMQ (Debian: rabbitmq-server)'
