#!/bin/sh
# Makes the virtual environment that the Python clients run in and installs the pinned clients.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
here=interop/clients/python
venv=.cache/interop/python

unchanged "$venv/.stamp" "$here/requirements.txt" && exit 0
python_venv "$venv" "$here/requirements.txt"
stamp "$venv/.stamp" "$here/requirements.txt"
