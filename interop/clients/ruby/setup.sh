#!/bin/sh
# Gets Ruby and its two AMQP clients, bunny and the amqp gem, from Debian.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh

have_all() {
  command -v ruby >/dev/null && ruby -e 'require "bunny"; require "amqp"' >/dev/null 2>&1
}

have_all || { debian .cache/interop/ruby.apt.log ruby ruby-bunny ruby-amqp && have_all; } ||
  unavailable 'needs Ruby, bunny and the amqp gem (Debian: ruby, ruby-bunny, ruby-amqp)'
