#!/bin/sh
# Makes the virtual environment that the Python clients run in, under .cache/ (ignored by git), and
# installs the pinned clients. Does nothing when that is done already. Exit code 69: no toolchain.
set -eu
cd "$(dirname "$0")/../../.."
here=interop/clients/python
venv=.cache/interop/python

if cmp -s "$here/requirements.txt" "$venv/installed.txt"; then exit 0; fi
if ! command -v python3 >/dev/null; then
  echo "python3 is not installed" >&2
  exit 69
fi
mkdir -p .cache/interop
if ! python3 -m venv --clear "$venv" >"$venv.log" 2>&1; then
  echo "python3 cannot make a virtual environment (Debian: python3-venv): $venv.log" >&2
  exit 69
fi
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check \
    --requirement "$here/requirements.txt" >>"$venv.log" 2>&1; then
  echo "pip cannot install $here/requirements.txt: $venv.log" >&2
  exit 69
fi
cp "$here/requirements.txt" "$venv/installed.txt"
