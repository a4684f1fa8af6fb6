#!/bin/sh
# Makes the virtual environment that the suites of Python's clients run in, and unpacks the tests:
# they are in the source distributions on PyPI, those of pika only in Debian's source package.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/suites/debian/sources.sh
here=interop/suites/python
out=.cache/interop/suites/python
sources='amqp kombu aiormq aio-pika'

unchanged "$out/.stamp" "$here"/* && exit 0
python_venv "$out/venv" "$here/requirements.txt"
mkdir -p "$out/fetched"
for name in $sources; do
  pinned=$(grep "^$name==" "$here/requirements.txt")
  "$out/venv/bin/pip" download --quiet --disable-pip-version-check --dest "$out/fetched" --no-deps \
    --no-binary "$name" "$pinned" >>"$out/venv.log" 2>&1 ||
    unavailable "pip cannot fetch the source of $pinned: $out/venv.log"
  rm -rf "${out:?}/$name"
  mkdir "$out/$name"
  # PyPI has the name with underscores where it has dashes.
  tar -xzf "$out/fetched/$(echo "$pinned" | tr - _ | sed 's/==/-/').tar.gz" -C "$out/$name" \
    --strip-components=1
done
debian_source "$out" trixie python-pika 1.3.2-1 pika ||
  unavailable "Debian's source package python-pika cannot be had: $out/apt.log"
stamp "$out/.stamp" "$here"/*
