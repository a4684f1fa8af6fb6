<?php

/** Scenarios of publishing: confirms, returns, transactions. */

declare(strict_types=1);

namespace Interop;

/**
 * A channel in tx mode, and a function that counts ready messages on another channel.
 *
 * @return array{Channel, callable(): int}
 */
function transactional(Context $t): array
{
    $link = $t->connect();
    [$channel, $observer] = [$link->channel(), $link->channel()];
    $observer->declareQueue($t->name, exclusive: true);
    $channel->txSelect();
    return [$channel, static fn (): int => $observer->declareQueue($t->name, passive: true)];
}

return [
    'confirm-single' => static function (Context $t): void {
        $channel = $t->connect()->channel(confirm: true);
        $channel->declareQueue($t->name, durable: true);
        $t->after(static fn () => $channel->deleteQueue($t->name));
        $t->publish($channel, '', $t->name, 'kept', ['delivery_mode' => 2]);
        $message = $channel->get($t->name);
        $t->equal($message?->body, 'kept');
        $t->equal($message->properties['delivery_mode'], 2);
    },

    'confirm-batch-1000' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        $bodies = array_map(strval(...), range(0, 999));
        foreach ($bodies as $body) {
            $channel->publish('', $t->name, $body);
        }
        $channel->waitForConfirms();
        $t->equal($channel->declareQueue($t->name, passive: true), 1000);
        $consumer = $channel->consume($t->name, noAck: true);
        $all = static fn (): bool => count($consumer->messages) === 1000;
        $t->eventually($channel, 'all messages came', $all);
        $t->equal(array_column($consumer->messages, 'body'), $bodies);
    },

    'confirm-batches' => static function (Context $t): void {
        $channel = $t->confirmedQueue();
        foreach (array_chunk(range(0, 999), 100) as $batch) {
            foreach ($batch as $number) {
                $channel->publish('', $t->name, (string) $number);
            }
            $channel->waitForConfirms();
        }
        $t->equal($channel->declareQueue($t->name, passive: true), 1000);
    },

    'mandatory-return' => static function (Context $t): void {
        $channel = $t->connect()->channel(confirm: true);
        $properties = ['message_id' => 'm-1', 'content_type' => 'application/x-test'];
        $channel->publish('amq.direct', $t->name, 'lost', $properties, mandatory: true);
        $channel->waitForConfirms();
        $t->equal(count($channel->events), 2, 'a return and a confirm:');
        [$returned, $confirmed] = $channel->events;
        $t->equal($confirmed, 'confirmed');
        $t->equal([$returned->replyCode, $returned->replyText], [312, 'NO_ROUTE']);
        $t->equal([$returned->exchange, $returned->routingKey], ['amq.direct', $t->name]);
        $t->equal($returned->body, 'lost');
        foreach ($properties as $key => $value) {
            $t->equal($returned->properties[$key], $value, $key);
        }
    },

    'tx-commit' => static function (Context $t): void {
        [$channel, $ready] = transactional($t);
        $channel->publish('', $t->name, 'one');
        $channel->publish('', $t->name, 'two');
        $t->equal($ready(), 0);
        $channel->txCommit();
        $t->equal($ready(), 2);
        $channel->ack($channel->get($t->name, noAck: false));
        $channel->txCommit();
        $channel->close();
        $t->equal($ready(), 1, 'an acked message does not come back:');
    },

    'tx-rollback' => static function (Context $t): void {
        [$channel, $ready] = transactional($t);
        $channel->publish('', $t->name, 'kept');
        $channel->txCommit();
        $channel->publish('', $t->name, 'dropped');
        $first = $channel->get($t->name, noAck: false);
        $t->equal($first?->body, 'kept');
        $channel->ack($first);
        $channel->txRollback();
        $t->equal($ready(), 0, 'rollback does not redeliver:');
        $channel->close();
        $t->equal($ready(), 1, 'the ack was forgotten, the publish too:');
    },
];
