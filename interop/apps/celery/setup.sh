#!/bin/sh
# Makes the virtual environment that the Celery application runs in, with all versions pinned.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/apps/celery
venv=.cache/interop/celery

unchanged "$venv/.stamp" "$here/requirements.txt" && exit 0
mkdir -p .cache/interop

make_venv() {
  command -v python3 >/dev/null && python3 -m venv --clear "$venv" >"$venv.log" 2>&1
}

make_venv || { debian "$venv.apt.log" python3 python3-venv && make_venv; } ||
  unavailable 'needs python3 with its venv module (Debian: python3-venv)'
"$venv/bin/pip" install --quiet --disable-pip-version-check \
  --requirement "$here/requirements.txt" >>"$venv.log" 2>&1 ||
  unavailable "pip cannot install $here/requirements.txt: $venv.log"
stamp "$venv/.stamp" "$here/requirements.txt"
