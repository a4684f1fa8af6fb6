#!/bin/sh
# Gets the pinned crates, with the tests that are in them, and builds those.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/suites/rust
out=$PWD/.cache/interop/suites/rust

unchanged "$out/.stamp" "$here"/* && exit 0
command -v cargo >/dev/null || unavailable 'needs cargo'
rm -rf "$out/list" "$out/lapin" "$out/amqprs"
mkdir -p "$out"
cp -R "$here" "$out/list"

# build CRATE OPTION...: a copy of the crate, with its tests built.
build() {
  crate=$1
  shift
  manifest=$(cargo metadata --quiet --format-version 1 --manifest-path "$out/list/Cargo.toml" \
    2>>"$out/cargo.log" | grep -o "\"manifest_path\":\"[^\"]*/$crate-[0-9][^\"]*/Cargo.toml\"" |
    head -n 1 | cut -d '"' -f 4)
  [ -n "$manifest" ] || unavailable "cargo cannot fetch $crate: $out/cargo.log"
  cp -R "$(dirname "$manifest")" "$out/$crate"
  (
    cd "$out/$crate"
    CARGO_TARGET_DIR=$out/target cargo test --quiet --locked --jobs 2 --no-run --tests "$@"
  ) >>"$out/cargo.log" 2>&1 || broken "the tests of $crate do not compile: $out/cargo.log"
}

build amqprs
build lapin
stamp "$out/.stamp" "$here"/*
