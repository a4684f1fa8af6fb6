#!/bin/sh
# Builds the Go client's program, with the modules that go.mod pins. Go itself has to be there:
# Debian 12 has an older one than the client's module can do with.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/go
out=.cache/interop/go
root=$PWD
oldest=go1.22

set -- "$here/go.mod" "$here/go.sum" "$here/setup.sh" "$here"/*.go "$here"/*/*.go
[ -x "$out/amqp091-go" ] && unchanged "$out/.stamp" "$@" && exit 0
mkdir -p "$out"

# No other Go is to be fetched, git not to be asked about the folder, no C compiler to be needed.
export GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0

is_new_enough() {
  [ "$(printf '%s\n' "$oldest" "$(go env GOVERSION)" | sort -V | head -n 1)" = "$oldest" ]
}

{ command -v go >/dev/null && is_new_enough; } || unavailable "needs Go ($oldest or newer)"
(cd "$here" && go mod download) >"$out/go.log" 2>&1 ||
  unavailable "go cannot get the modules of $here/go.mod: $out/go.log"
(cd "$here" && go vet ./... && go build -o "$root/$out/amqp091-go" .) >>"$out/go.log" 2>&1 ||
  broken "the Go client does not compile: $out/go.log"
stamp "$out/.stamp" "$@"
