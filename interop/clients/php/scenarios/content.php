<?php

/** Scenarios of what a message carries: sizes, Unicode, headers of every type, properties. */

declare(strict_types=1);

namespace Interop;

use RuntimeException;

const TEN_MIB = 10 * 1024 * 1024;
const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255];
const TIMESTAMPS = [0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800];

/** Publishes one message with these properties and gets it back; its properties. */
function thereAndBack(Context $t, Channel $channel, array $properties): array
{
    $t->publish($channel, '', $t->name, 'x', $properties);
    return $channel->get($t->name)->properties;
}

return [
    'body-empty' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        $t->publish($channel, '', $t->name, '', ['type' => 'empty']);
        $message = $channel->get($t->name);
        $t->equal([$message->body, $message->properties['type']], ['', 'empty']);
    },

    'body-10mib' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        $body = random_bytes(TEN_MIB);
        $t->publish($channel, '', $t->name, $body);
        $consumer = $channel->consume($t->name, noAck: true);
        $t->eventually($channel, 'the message came', static fn () => $consumer->messages !== []);
        $t->equal(strlen($consumer->messages[0]->body), TEN_MIB, 'octets:');
        if ($consumer->messages[0]->body !== $body) {
            throw new RuntimeException('the bytes differ');
        }
    },

    'unicode' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        [$exchange, $queue] = ["$t->name.交換機.обмен", "$t->name.очередь.队列.🐇"];
        [$key, $text] = ['ключ.🐇.größe', "Grüße, 兎 and 🐇, e\u{301}"];
        $channel->declareExchange($exchange, 'topic');
        $t->equal($channel->declareQueue($queue, exclusive: true), 0);
        $channel->bindQueue($queue, $exchange, 'ключ.*.größe');
        $t->publish($channel, $exchange, $key, $text, ['headers' => ['ключ' => $text]]);
        $message = $channel->get($queue);
        $t->equal([$message->exchange, $message->routingKey], [$exchange, $key]);
        $t->equal($message->body, $text);
        $t->equal($message->properties['headers'], ['ключ' => $text]);
    },

    'header-table' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        $unsendable = implode(' ', str_split($t->client::UNSENDABLE_TYPES));
        $t->note("the client cannot send headers of type $unsendable");
        $samples = $t->client->headerSamples();
        $sent = array_map(static fn (array $sample) => $sample[0], $samples);
        $got = thereAndBack($t, $channel, ['headers' => $sent])['headers'];
        $t->equal(array_keys($got), array_keys($samples), 'keys:');
        foreach ($samples as $letter => [, $expected]) {
            $t->equal($got[$letter], $expected, $letter);
        }
    },

    'properties-all' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        $sent = [
            'content_type' => 'application/octet-stream',
            'content_encoding' => 'identity',
            'headers' => ['key' => 'value'],
            'delivery_mode' => 2,
            'priority' => 9,
            'correlation_id' => 'correlation-1',
            'reply_to' => 'reply.queue',
            'expiration' => '3600000',
            'message_id' => 'message-1',
            'timestamp' => 1_700_000_000,
            'type' => 'type-1',
            'user_id' => Address::parse($t->url)->user,
            'app_id' => 'app-1',
            'cluster_id' => 'cluster-1',
        ];
        foreach ($t->client::UNSENDABLE_PROPERTIES as $property) {
            $t->note("the client cannot send $property");
            unset($sent[$property]);
        }
        $got = thereAndBack($t, $channel, $sent);
        foreach ($sent as $property => $value) {
            $t->equal($got[$property], $value, $property);
        }
    },

    'priorities-timestamps' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        foreach (PRIORITIES as $priority) {
            $got = thereAndBack($t, $channel, ['priority' => $priority]);
            $t->equal($got['priority'], $priority, 'priority');
        }
        foreach (TIMESTAMPS as $seconds) {
            $got = thereAndBack($t, $channel, ['timestamp' => $seconds]);
            $t->equal($got['timestamp'], $seconds, 'timestamp');
        }
    },
];
