#!/bin/sh
# Builds the Rust client with the pinned lapin, from the lock file, into .cache/. Needs a Rust
# toolchain that is new enough for lapin, which Debian's is not.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/rust
out=.cache/interop/rust
sources=$(find "$here" -type f | sort)

# One word a file: no name here has a blank.
# shellcheck disable=SC2086
unchanged "$out/.stamp" $sources && exit 0
mkdir -p "$out"

# The second number of a version 1.N, or 0.
minor() {
  "$@" --version 2>/dev/null | sed -n 's/^[a-z]* 1\.\([0-9]*\)\..*/\1/p' | grep . || echo 0
}

[ "$(minor cargo)" -ge 88 ] && [ "$(minor rustc)" -ge 88 ] ||
  unavailable 'needs cargo and rustc 1.88 or newer'
export CARGO_TARGET_DIR="$out"
cargo fetch --quiet --locked --manifest-path "$here/Cargo.toml" >"$out/cargo.log" 2>&1 ||
  unavailable "cargo cannot fetch what $here/Cargo.lock names: $out/cargo.log"
cargo build --quiet --locked --jobs 2 --manifest-path "$here/Cargo.toml" >>"$out/cargo.log" 2>&1 ||
  broken "the Rust client does not compile: $out/cargo.log"
# shellcheck disable=SC2086
stamp "$out/.stamp" $sources
