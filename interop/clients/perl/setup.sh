#!/bin/sh
# Gets Perl and its AMQP clients from Debian. There is nothing to build.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh

have_all() {
  perl -MJSON::PP -MAnyEvent::RabbitMQ -e 1 >/dev/null 2>&1
}

have_all || { debian .cache/interop/perl.apt.log perl libanyevent-rabbitmq-perl && have_all; } ||
  unavailable 'needs Perl and AnyEvent::RabbitMQ (Debian: libanyevent-rabbitmq-perl)'
