#!/bin/sh
# Builds the library that turns connections to port 5672 into ones to the broker under test.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
source=interop/suites/redirect/redirect.c
out=.cache/interop/suites/redirect

unchanged "$out/.stamp" "$source" && exit 0
mkdir -p "$out"

have_all() {
  command -v cc >/dev/null && echo '#include <dlfcn.h>' | cc -E -x c - >/dev/null 2>&1
}

have_all || { debian "$out/apt.log" gcc libc6-dev && have_all; } || unavailable 'needs a C compiler'
cc -std=c11 -shared -fPIC -O1 -Wall -Wextra -Werror -o "$out/redirect.so" "$source" -ldl \
  >"$out/cc.log" 2>&1 || broken "$source does not compile: $out/cc.log"
stamp "$out/.stamp" "$source"
