#!/bin/sh
# Gets the pinned versions of amqplib whose packages have tests in them. Each is copied out of
# node_modules: Node's test runner looks for no tests in there.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/suites/node
out=.cache/interop/suites/node
versions='2.2.0 1.0.0 0.10.9 0.8.0'

unchanged "$out/.stamp" "$here"/package*.json "$here/.npmrc" "$here/setup.sh" && exit 0
rm -rf "$out"
mkdir -p "$out"
cp "$here"/package*.json "$here/.npmrc" "$out"
command -v npm >/dev/null || unavailable 'needs npm'
(cd "$out" && npm ci --ignore-scripts) >"$out/npm.log" 2>&1 ||
  unavailable "npm cannot install $here/package-lock.json: $out/npm.log"
for version in $versions; do
  cp -R "$out/node_modules/amqplib-$version" "$out/amqplib-$version"
done
stamp "$out/.stamp" "$here"/package*.json "$here/.npmrc" "$here/setup.sh"
