#!/bin/sh
# Gets a C compiler, librabbitmq and the amqp-* command line tools from Debian (as root; otherwise
# they must be there) and builds the C client into .cache/ (ignored by git). Exit code 69: no
# toolchain.
set -eu
cd "$(dirname "$0")/../../.."
here=interop/clients/c
out=.cache/interop/c
mkdir -p "$out"

have_all() {
  command -v cc >/dev/null && command -v amqp-publish >/dev/null &&
    echo '#include <amqp.h>' | cc -E -x c - >/dev/null 2>&1
}

if ! have_all; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "needs a C compiler, librabbitmq-dev and amqp-tools" >&2
    exit 69
  fi
  export DEBIAN_FRONTEND=noninteractive
  packages="gcc libc6-dev librabbitmq-dev amqp-tools"
  # shellcheck disable=SC2086 # one word a package
  if ! { apt-get install -y --no-install-recommends $packages ||
    { apt-get update && apt-get install -y --no-install-recommends $packages; }; } \
    >"$out/apt.log" 2>&1; then
    echo "apt-get cannot install $packages: $out/apt.log" >&2
    exit 69
  fi
fi

if ! cc -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -Wall -Wextra -Werror -o "$out/librabbitmq" \
  "$here"/librabbitmq/*.c -lrabbitmq >"$out/cc.log" 2>&1; then
  echo "the C client does not compile: $out/cc.log" >&2
  exit 1
fi
