#!/bin/sh
# Compiles the Spring application over JMS, and puts the libraries that pom.xml pins beside it.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/apps/java/setup.sh

java_app jms
