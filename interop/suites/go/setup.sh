#!/bin/sh
# Gets the pinned Go modules, with the tests that are in them, and builds a test program of each.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/suites/go
out=$PWD/.cache/interop/suites/go

unchanged "$out/.stamp" "$here"/go.* "$here/setup.sh" && exit 0
command -v go >/dev/null || debian "$out/apt.log" golang-go || unavailable 'needs Go'
rm -rf "$out"
mkdir -p "$out"

# folder_of MODULE: where Go keeps it, checked against go.sum.
folder_of() {
  (cd "$here" && go mod download -json "$1" 2>>"$out/go.log") | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'
}

# fetch MODULE NAME: a copy of it that can be written to.
fetch() {
  folder=$(folder_of "$1")
  [ -n "$folder" ] || unavailable "Go cannot fetch $1: $out/go.log"
  cp -R "$folder" "$out/$2"
  chmod -R u+w "$out/$2"
}

# compile FOLDER FILE...: its test program, and the names of the tests in the files as an
# expression for -test.run: the others talk to no broker.
compile() {
  (
    cd "$out/$1"
    shift
    go test -c -tags integration -o suite.test . >>"$out/go.log" 2>&1
    sed -n 's/^func \(Test[A-Za-z0-9_]*\)(.*/\1/p' "$@" | paste -sd '|' |
      sed 's/.*/^(&)$/' >suite.tests
  ) || broken "the tests in $1 do not compile: $out/go.log"
}

fetch github.com/rabbitmq/amqp091-go amqp091-go
compile amqp091-go integration_test.go connection_test.go reconnect_test.go
fetch github.com/streadway/amqp streadway-amqp
compile streadway-amqp integration_test.go connection_test.go reconnect_test.go
fetch github.com/ThreeDotsLabs/watermill-amqp/v3 watermill-amqp
compile watermill-amqp/pkg/amqp pubsub_test.go
stamp "$out/.stamp" "$here"/go.* "$here/setup.sh"
