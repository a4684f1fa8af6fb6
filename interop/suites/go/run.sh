#!/bin/sh
# Runs the test program in the current folder, an event a line; arguments go to the program.
exec go tool test2json -t ./suite.test -test.v=test2json -test.run "$(cat suite.tests)" "$@"
