#!/bin/sh
# Gets the sources of RabbitMQ's Java client from Debian, for the tests in them, and compiles those
# against the client of the same version from Maven Central.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/suites/debian/sources.sh
here=interop/suites/java
out=.cache/interop/suites/java

unchanged "$out/.stamp" "$here"/* && exit 0
mkdir -p "$out"

have_all() {
  command -v mvn >/dev/null && command -v javac >/dev/null
}

have_all || { debian "$out/debian.log" default-jdk-headless maven && have_all; } ||
  unavailable 'needs a JDK and Maven'
debian_source "$out" bookworm rabbitmq-java-client 5.0.0-1.1 client ||
  unavailable "Debian's source package rabbitmq-java-client cannot be had: $out/apt.log"
# One test that needs no broker: Maven then has all that a run takes.
sh "$here/run.sh" "$PWD/$out/no-results" -Dtest=FrameTest test >"$out/mvn.log" 2>&1 ||
  broken "the tests of the Java client cannot be built: $out/mvn.log"
stamp "$out/.stamp" "$here"/*
