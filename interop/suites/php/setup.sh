#!/bin/sh
# Gets the sources of php-amqp and php-amqplib from Debian, for the tests in them, and what those
# need from packages. The tests of php-amqp are run on the extension that Debian built.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh
. interop/suites/debian/sources.sh
here=interop/suites/php
out=.cache/interop/suites/php

unchanged "$out/.stamp" "$here"/* && exit 0
mkdir -p "$out"

have_all() {
  command -v php >/dev/null && command -v phpunit >/dev/null && php -m | grep -qx amqp &&
    php -m | grep -qx mbstring && runner >/dev/null
}

# runner: where PHP's own runner of .phpt files is.
runner() {
  find /usr/lib/php -path '*/build/run-tests.php' 2>/dev/null | grep .
}

have_all || { debian "$out/debian.log" php-cli php-dev php-amqp php-mbstring php-xml \
  php-phpseclib3 phpunit && have_all; } ||
  unavailable 'needs PHP with its development files, php-amqp, mbstring and PHPUnit'
debian_source "$out" bookworm php-amqp 1.11.0-5 php-amqp ||
  unavailable "Debian's source package php-amqp cannot be had: $out/apt.log"
debian_source "$out" trixie php-amqplib 3.7.3-1 php-amqplib ||
  unavailable "Debian's source package php-amqplib cannot be had: $out/apt.log"
cp "$(runner | tail -n 1)" "$out/run-tests.php"
# Half a minute of sleep.
rm "$out"/php-amqp/tests/amqpconnection_heartbeat*.phpt
# What Composer would have written.
mkdir -p "$out/php-amqplib/vendor"
cp "$here/autoload.php" "$out/php-amqplib/vendor/autoload.php"
stamp "$out/.stamp" "$here"/*
