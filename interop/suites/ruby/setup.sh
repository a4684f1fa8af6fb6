#!/bin/sh
# Gets the sources of Bunny from Debian, for the specs in them, and what those need from packages.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/suites/debian/sources.sh
here=interop/suites/ruby
out=.cache/interop/suites/ruby

unchanged "$out/.stamp" "$here"/* && exit 0
mkdir -p "$out"

have_all() {
  command -v rspec >/dev/null && command -v bundle >/dev/null && ruby -e \
    'require "amq/protocol"; require "sorted_set"; require "rspec_junit_formatter"' 2>/dev/null
}

have_all || { debian "$out/debian.log" ruby ruby-bundler ruby-rspec ruby-rspec-junit-formatter \
  ruby-amq-protocol ruby-sorted-set && have_all; } ||
  unavailable 'needs Ruby with RSpec, its JUnit formatter, amq-protocol and sorted_set'
debian_source "$out" trixie ruby-bunny 2.23.0-1 bunny ||
  unavailable "Debian's source package ruby-bunny cannot be had: $out/apt.log"
# Bunny's own list of gems has tools for developers in it; and it asks git for the files that are to
# be packed.
cp "$here/Gemfile" "$out/Gemfile"
stamp "$out/.stamp" "$here"/*
