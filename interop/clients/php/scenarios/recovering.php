<?php

/**
 * Scenarios in which a broker of the scenario's own runs low on memory, or is killed with SIGKILL
 * under the client. Neither client has a recovery: their reconnect() is for the program to call,
 * and brings back no channel.
 */

declare(strict_types=1);

namespace Interop;

const REASON = 'low on memory';
const NO_RECOVERY = 'the client has no recovery of its own';

return [
    'blocked-unblocked' => static function (Context $t): void {
        if ($t->client::NO_BLOCKED !== null) {
            throw new Skip($t->client::NO_BLOCKED);
        }
        $broker = $t->ownBroker();
        $url = $broker->start();
        $link = $t->connect($url);
        $channel = $link->channel();
        // Not exclusive: another connection reads it.
        $channel->declareQueue($t->name);
        $broker->block();
        // RabbitMQ tells a connection when it publishes.
        $channel->publish('', $t->name, 'held');
        $t->eventually($channel, 'blocked', static fn (): bool => $link->blockings !== []);
        $t->equal($link->blockings, [REASON]);
        $broker->unblock();
        $t->eventually($channel, 'unblocked', static fn () => count($link->blockings) > 1);
        $t->equal($link->blockings, [REASON, 'unblocked']);
        $other = $t->connect($url)->channel();
        $consumer = $other->consume($t->name, noAck: true);
        $t->eventually($other, 'the message came', static fn () => $consumer->messages !== []);
        $t->equal(array_column($consumer->messages, 'body'), ['held']);
    },

    'broker-killed-reported' => static function (Context $t): void {
        $broker = $t->ownBroker();
        $link = $t->connect($broker->start());
        $channel = $link->channel();
        $channel->declareQueue($t->name);
        $channel->consume($t->name);
        $broker->kill();
        $t->eventually($channel, 'lost', static fn (): bool => $link->lost !== null);
    },

    'recover-publisher' => static fn () => throw new Skip(NO_RECOVERY),

    'recover-consumer' => static fn () => throw new Skip(NO_RECOVERY),
];
