#!/bin/sh
# Gets a C compiler, librabbitmq and the amqp-* command line tools from Debian and builds the C
# client.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/c
out=.cache/interop/c
mkdir -p "$out"

have_all() {
  command -v cc >/dev/null && command -v amqp-publish >/dev/null &&
    echo '#include <amqp.h>' | cc -E -x c - >/dev/null 2>&1
}

have_all && unchanged "$out/.stamp" "$here/setup.sh" "$here"/librabbitmq/* && exit 0
have_all || { debian "$out/apt.log" gcc libc6-dev librabbitmq-dev amqp-tools && have_all; } ||
  unavailable 'needs a C compiler, librabbitmq-dev and amqp-tools'
cc -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -Wall -Wextra -Werror -o "$out/librabbitmq" \
  "$here"/librabbitmq/*.c -lrabbitmq >"$out/cc.log" 2>&1 ||
  broken "the C client does not compile: $out/cc.log"
stamp "$out/.stamp" "$here/setup.sh" "$here"/librabbitmq/*
