#!/bin/sh
# Makes the virtual environment that the Python clients run in, under .cache/ (ignored by git), and
# installs the pinned clients. Does nothing when that is done already. As root on Debian it installs
# Python too, where that is missing. Exit code 69: no toolchain.
set -eu
cd "$(dirname "$0")/../../.."
here=interop/clients/python
venv=.cache/interop/python

if cmp -s "$here/requirements.txt" "$venv/installed.txt"; then exit 0; fi
mkdir -p .cache/interop

make_venv() {
  command -v python3 >/dev/null && python3 -m venv --clear "$venv" >"$venv.log" 2>&1
}

if ! make_venv; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends python3 python3-venv; } \
      >"$venv.apt.log" 2>&1 || true
  fi
  if ! make_venv; then
    echo "needs python3 with its venv module (Debian: python3-venv)" >&2
    exit 69
  fi
fi
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check \
    --requirement "$here/requirements.txt" >>"$venv.log" 2>&1; then
  echo "pip cannot install $here/requirements.txt: $venv.log" >&2
  exit 69
fi
cp "$here/requirements.txt" "$venv/installed.txt"
