#!/bin/sh
# Runs Maven on the tests of the Java client: the folder for reports, then Maven's own arguments.
# tests.txt has the tests that take nothing but a broker, as Surefire's parameter `test` has them.
results=$1
shift
cd "$(dirname "$0")/../../.." || exit 1
here=interop/suites/java
out=$PWD/.cache/interop/suites/java
exec mvn -B -q -f "$here/pom.xml" -Dsources="$out/client" -Dout="$out/target" \
  -Dresults="$results" -Dtest="$(paste -sd , "$here/tests.txt")" "$@"
