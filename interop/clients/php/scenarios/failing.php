<?php

/**
 * Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
 * connection, locks; and of many channels, request and reply, and silence.
 */

declare(strict_types=1);

namespace Interop;

const REPLY_TO = 'amq.rabbitmq.reply-to';
const SILENCE_SECONDS = 5;

return [
    'consumer-cancel' => static function (Context $t): void {
        if ($t->client::NO_CANCEL !== null) {
            throw new Skip($t->client::NO_CANCEL);
        }
        $link = $t->connect();
        [$channel, $other] = [$link->channel(), $link->channel()];
        $channel->declareQueue($t->name, exclusive: true);
        $consumer = $channel->consume($t->name);
        $other->deleteQueue($t->name);
        $t->eventually($channel, 'cancelled', static fn (): bool => $consumer->cancelled);
        $t->exchangeOneMessage($link->channel(confirm: true), "$t->name.after");
    },

    'two-channels-one-error' => static function (Context $t): void {
        $link = $t->connect();
        [$good, $bad] = [$link->channel(confirm: true), $link->channel()];
        $good->declareQueue($t->name, exclusive: true);
        $consumer = $good->consume($t->name, noAck: true);
        $t->fails(
            "NOT_FOUND - no queue '$t->name.missing' in vhost '/'",
            static fn () => $bad->declareQueue("$t->name.missing", passive: true),
        );
        $t->publish($good, '', $t->name, 'still here');
        $t->eventually($good, 'the message came', static fn () => $consumer->messages !== []);
        $t->equal(array_column($consumer->messages, 'body'), ['still here']);
    },

    'channel-error-survived' => static function (Context $t): void {
        $link = $t->connect();
        $first = $link->channel();
        $first->publish("$t->name.missing", 'key', 'x');
        $t->eventually($first, 'closed', static fn (): bool => $first->closed !== null);
        $t->contains($first->closed, "NOT_FOUND - no exchange '$t->name.missing' in vhost '/'");
        $t->equal($first->closed->getCode(), 404, 'code:');
        $t->exchangeOneMessage($link->channel(confirm: true), $t->name);
    },

    'connection-error-reported' => static function (Context $t): void {
        $link = $t->connect();
        $channel = $link->channel();
        $text = 'NOT_IMPLEMENTED - prefetch_size!=0 (1)';
        $t->fails($text, static fn () => $channel->limitOctets(1));
        $t->contains($link->lost, $text);
        $t->equal($link->lost->getCode(), 540, 'code:');
    },

    'exclusive-queue-locked' => static function (Context $t): void {
        [$owner, $other] = [$t->connect(), $t->connect()];
        $owned = $owner->channel(confirm: true);
        $owned->declareQueue($t->name, exclusive: true);
        $locked = "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '$t->name'"
            . " in vhost '/'";
        $declare = static fn () => $other->channel()->declareQueue($t->name, exclusive: true);
        $t->fails($locked, $declare);
        $t->fails($locked, static fn () => $other->channel()->get($t->name));
        $t->fails($locked, static fn () => $other->channel()->consume($t->name));
        $t->publish($owned, '', $t->name, 'mine');
        $t->equal($owned->get($t->name)?->body, 'mine');
    },

    'rpc-direct-reply-to' => static function (Context $t): void {
        [$server, $client] = [$t->connect()->channel(), $t->connect()->channel()];
        $server->declareQueue($t->name, autoDelete: true);
        $requests = $server->consume($t->name, noAck: true);
        $replies = $client->consume(REPLY_TO, noAck: true);
        foreach (['one', 'two', 'three'] as $index => $question) {
            $asked = ['reply_to' => REPLY_TO, 'correlation_id' => $question];
            $client->publish('', $t->name, $question, $asked);
            $came = static fn (): bool => count($requests->messages) === $index + 1;
            $t->eventually($server, 'the request came', $came);
            $request = $requests->messages[$index];
            ['reply_to' => $to, 'correlation_id' => $id] = $request->properties;
            $t->equal(str_starts_with($to, REPLY_TO . '.'), true, 'reply_to:');
            $server->publish('', $to, strtoupper($request->body), ['correlation_id' => $id]);
            $came = static fn (): bool => count($replies->messages) === $index + 1;
            $t->eventually($client, 'the reply came', $came);
            $t->equal($replies->messages[$index]->properties['correlation_id'], $question);
            $t->equal($replies->messages[$index]->body, strtoupper($question));
        }
    },

    'channels-1000' => static function (Context $t): void {
        $link = $t->connect();
        $channels = [];
        while (count($channels) < 1000) {
            $channels[] = $link->channel();
        }
        $channels[0]->declareQueue($t->name, exclusive: true);
        $consumer = $channels[0]->consume($t->name, noAck: true);
        foreach ($channels as $number => $channel) {
            $channel->publish('', $t->name, (string) $number);
        }
        $all = static fn (): bool => count($consumer->messages) === 1000;
        $t->eventually($channels[0], 'all messages came', $all);
        $numbers = array_map(intval(...), array_column($consumer->messages, 'body'));
        sort($numbers);
        $t->equal($numbers, range(0, 999));
    },

    'heartbeat-silence' => static function (Context $t): void {
        $link = $t->connect(heartbeat: 1);
        $channel = $link->channel(confirm: true);
        // The silence is what is under test: only heartbeats may keep the connection.
        $channel->until(static fn (): bool => $link->lost !== null, SILENCE_SECONDS);
        $t->equal($link->lost?->getMessage(), null, 'lost in silence:');
        $t->exchangeOneMessage($channel, $t->name);
    },
];
