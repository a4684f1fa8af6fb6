#!/bin/sh
# Installs what package-lock.json pins and compiles the NestJS application, in a folder of its own.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/apps/nestjs
out=.cache/interop/nestjs

set -- "$here/package.json" "$here/package-lock.json" "$here/tsconfig.json" "$here/setup.sh" \
  "$here"/*.ts
unchanged "$out/.stamp" "$@" && exit 0
# What was deleted from the sources is not to be left in there.
rm -rf "$out"
mkdir -p "$out"

{ command -v node >/dev/null && command -v npm >/dev/null; } || unavailable 'needs Node.js and npm'
cp "$here"/*.json "$here"/*.ts "$out"
# Nothing of it needs to be built, so no package runs a script. One asks for a later Node.js than is
# needed for what is used of it; within `npm run` the project's own strictness would be in force.
(cd "$out" && npm ci --ignore-scripts --engine-strict=false --no-audit --no-fund) \
  >"$out/npm.log" 2>&1 ||
  unavailable "npm cannot install $here/package-lock.json: $out/npm.log"
(cd "$out" && ./node_modules/.bin/tsc -p tsconfig.json) >>"$out/npm.log" 2>&1 ||
  broken "the NestJS application does not compile: $out/npm.log"
stamp "$out/.stamp" "$@"
