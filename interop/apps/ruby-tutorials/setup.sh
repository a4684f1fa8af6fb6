#!/bin/sh
# Gets Ruby and its AMQP client, bunny, from Debian.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh

have_all() {
  command -v ruby >/dev/null && ruby -e 'require "bunny"' >/dev/null 2>&1
}

have_all || { debian .cache/interop/ruby-tutorials.apt.log ruby ruby-bunny && have_all; } ||
  unavailable 'needs Ruby and bunny (Debian: ruby, ruby-bunny)'
