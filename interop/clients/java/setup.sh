#!/bin/sh
# Compiles the Java client's program, and puts the libraries that pom.xml pins beside it.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/java
out=.cache/interop/java

set -- "$here/pom.xml" "$here/setup.sh" "$here"/src/main/java/interop/*.java \
  "$here"/src/main/java/interop/*/*.java
unchanged "$out/.stamp" "$@" && exit 0
# What was deleted from the sources or from pom.xml is not to be left in there.
rm -rf "$out"
mkdir -p "$out"

have_all() {
  command -v mvn >/dev/null && command -v java >/dev/null &&
    javac --release 17 --version >/dev/null 2>&1
}

have_all || { debian "$out/apt.log" maven openjdk-17-jdk-headless && have_all; } ||
  unavailable 'needs Maven and a JDK of 17 or newer (Debian: maven, openjdk-17-jdk-headless)'
# One goal after the other: what cannot be had is another matter than what does not compile.
mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies >"$out/maven.log" 2>&1 ||
  unavailable "Maven cannot get what $here/pom.xml asks for: $out/maven.log"
mvn -B -q -f "$here/pom.xml" compiler:compile >>"$out/maven.log" 2>&1 ||
  broken "the Java client does not compile: $out/maven.log"
stamp "$out/.stamp" "$@"
