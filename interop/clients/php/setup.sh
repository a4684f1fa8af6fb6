#!/bin/sh
# Gets PHP and its two AMQP clients from Debian: php-amqplib, in PHP, and the extension amqp, over
# librabbitmq.
set -eu
cd "$(dirname "$0")/../../.."
. interop/clients/common.sh

have_all() {
  command -v php >/dev/null && php -r 'require "PhpAmqpLib/autoload.php";
    exit(class_exists("PhpAmqpLib\Package") && extension_loaded("amqp") ? 0 : 1);' >/dev/null 2>&1
}

have_all ||
  { debian .cache/interop/php.apt.log php-cli php-amqplib php-amqp && have_all; } ||
  unavailable 'needs PHP and both clients (Debian: php-cli, php-amqplib, php-amqp)'
