#!/bin/sh
# Builds the tutorials' programs, with the modules that go.mod pins. Go itself has to be there:
# Debian 12 has an older one than the client's module can do with.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/apps/go-tutorials
out=.cache/interop/go-tutorials
root=$PWD
oldest=go1.22

set -- "$here/go.mod" "$here/go.sum" "$here/setup.sh" "$here"/*/*.go
[ -x "$out/driver" ] && unchanged "$out/.stamp" "$@" && exit 0
mkdir -p "$out"

# Neither another Go is to be fetched, nor git to be asked about the folder.
export GOTOOLCHAIN=local GOFLAGS=-buildvcs=false

is_new_enough() {
  [ "$(printf '%s\n' "$oldest" "$(go env GOVERSION)" | sort -V | head -n 1)" = "$oldest" ]
}

{ command -v go >/dev/null && is_new_enough; } || unavailable "needs Go ($oldest or newer)"
(cd "$here" && go mod download) >"$out/go.log" 2>&1 ||
  unavailable "go cannot get the modules of $here/go.mod: $out/go.log"
(cd "$here" && go vet ./... && go build -ldflags '-s -w' -o "$root/$out/" ./...) \
  >>"$out/go.log" 2>&1 || broken "the Go tutorials do not compile: $out/go.log"
stamp "$out/.stamp" "$@"
