#!/bin/sh
# Compiles the Spring Boot application, and puts the libraries that pom.xml pins beside it.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/apps/java/setup.sh

java_app spring-boot
