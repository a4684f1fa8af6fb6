<?php

/** Scenarios of opening a connection, and of being refused. */

declare(strict_types=1);

namespace Interop;

const CAPABILITIES = [
    'publisher_confirms', 'exchange_exchange_bindings', 'basic.nack', 'consumer_cancel_notify',
    'connection.blocked', 'consumer_priorities', 'authentication_failure_close',
    'per_consumer_qos', 'direct_reply_to',
];

const NO_URL = 'the client takes no URL; the program gives it the parts';

/** One round trip, where the error text shows which vhost it is. */
function expectRootVhost(Context $t, string $url): void
{
    $t->note(NO_URL);
    $channel = $t->connect($url)->channel();
    $t->fails("in vhost '/'", static fn () => $channel->declareQueue($t->name, passive: true));
}

return [
    'connect-default-vhost' => static function (Context $t): void {
        expectRootVhost($t, $t->url);
    },

    'connect-encoded-vhost' => static function (Context $t): void {
        expectRootVhost($t, "$t->url/%2F");
    },

    'connect-missing-vhost' => static function (Context $t): void {
        $connect = static fn () => $t->connect("$t->url/no-such-vhost");
        $error = $t->fails('NOT_ALLOWED - vhost no-such-vhost not found', $connect);
        $t->equal($error->getCode(), 530, 'code:');
    },

    'connect-wrong-password' => static function (Context $t): void {
        $parts = parse_url($t->url);
        $wrong = "amqp://{$parts['user']}:wrong@{$parts['host']}:{$parts['port']}";
        $mechanism = $t->client::MECHANISM;
        $text = 'ACCESS_REFUSED - Login was refused using authentication mechanism '
            . "$mechanism. For details see the broker logfile.";
        $error = $t->fails($text, static fn () => $t->connect($wrong));
        $t->equal($error->getCode(), 403, 'code:');
    },

    'server-properties' => static function (Context $t): void {
        $properties = $t->connect()->serverProperties();
        $t->equal($properties['product'], 'RabbitMQ');
        $t->equal(preg_match('/^\d+\.\d+\.\d+/', $properties['version']), 1, 'version:');
        foreach (['platform', 'copyright', 'information', 'cluster_name'] as $key) {
            $t->equal(get_debug_type($properties[$key]), 'string', $key);
        }
        $t->equal($properties['capabilities'], array_fill_keys(CAPABILITIES, true));
    },
];
