#!/bin/sh
# Makes the virtual environment that the Celery application runs in, with all versions pinned.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/apps/celery
venv=.cache/interop/celery

unchanged "$venv/.stamp" "$here/requirements.txt" && exit 0
python_venv "$venv" "$here/requirements.txt"
stamp "$venv/.stamp" "$here/requirements.txt"
