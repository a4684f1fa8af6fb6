#!/bin/sh
# Gets Mono, its C# compiler and the RabbitMQ.Client that Mono ships from Debian, and compiles the
# program.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/dotnet
out=.cache/interop/dotnet
program=$out/interop.exe

have_all() {
  command -v mono >/dev/null && command -v mcs >/dev/null &&
    [ -f /usr/lib/mono/4.5/RabbitMQ.Client.dll ]
}

have_all || {
  debian "$out.apt.log" mono-runtime mono-mcs libmono-rabbitmq4.0-cil && have_all
} || unavailable 'needs Mono and its RabbitMQ.Client (Debian: mono-mcs, libmono-rabbitmq4.0-cil)'
[ -f "$program" ] && unchanged "$out/.stamp" "$here"/src/*.cs "$here/setup.sh" && exit 0
mkdir -p "$out"
mcs -langversion:7 -warn:4 -warnaserror -r:RabbitMQ.Client.dll -out:"$program" \
  "$here"/src/*.cs >"$out/mcs.log" 2>&1 ||
  broken "the C# program does not compile: $out/mcs.log"
stamp "$out/.stamp" "$here"/src/*.cs "$here/setup.sh"
