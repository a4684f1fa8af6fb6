<?php

/**
 * Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
 * together, dead letters that wait.
 */

declare(strict_types=1);

namespace Interop;

const EXCHANGE = 'amq.direct';

/** A consumer with a connection of its own: php-amqp waits for one channel of a connection. */
final class Chooser
{
    public readonly Channel $channel;
    private readonly Subscription $consumer;
    private int $seen = 0;

    public function __construct(
        private readonly Context $t,
        string $queue,
        bool $noAck = false,
        ?int $prefetch = null,
        array $arguments = [],
    ) {
        $this->channel = $t->connect()->channel();
        $this->consumer = $this->channel->consume($queue, $noAck, $prefetch, $arguments);
    }

    /**
     * Waits for the next messages; without any, shows that nothing more has come.
     *
     * @return list<Message>
     */
    public function expect(string ...$bodies): array
    {
        $all = $this->seen + count($bodies);
        $enough = fn (): bool => count($this->consumer->messages) >= $all;
        $this->t->eventually($this->channel, implode(', ', $bodies) . ' came', $enough);
        $messages = array_slice($this->consumer->messages, $this->seen);
        $this->t->equal(array_column($messages, 'body'), $bodies);
        $this->seen = $all;
        return $messages;
    }

    /** @param list<Message> $messages */
    public function ack(array $messages): void
    {
        array_map($this->channel->ack(...), $messages);
    }

    public function cancel(): void
    {
        $this->channel->cancel($this->consumer->tag);
    }
}

/**
 * Two consumers, of no more than two messages each at a time. A message's key is the first letter
 * of its name; `$sent` gives the end of its routing key, and its headers.
 */
function groups(Context $t, string $argument, callable $sent): void
{
    $publisher = $t->connect()->channel(confirm: true);
    $queue = "$t->name.$argument";
    $publisher->declareQueue($queue, autoDelete: true, arguments: ['x-group-key' => $argument]);
    $publisher->bindQueue($queue, EXCHANGE, "$queue.a");
    $publisher->bindQueue($queue, EXCHANGE, "$queue.b");
    $put = static function (string $name) use ($t, $publisher, $queue, $sent): void {
        [$key, $headers] = $sent($name);
        $t->publish($publisher, EXCHANGE, "$queue.$key", $name, ['headers' => $headers]);
    };
    array_map($put, ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    $first = new Chooser($t, $queue, prefetch: 2);
    $held = $first->expect('a1', 'a2');
    $second = new Chooser($t, $queue, prefetch: 2);
    $second->ack($second->expect('b1', 'b2'));
    $second->ack($second->expect('b3'));
    // The second one has nothing to do, and yet it gets none of the key that the first one has.
    $t->equal($second->channel->declareQueue($queue, passive: true), 1, 'ready:');
    $first->ack([$held[0]]);
    $first->ack([$held[1], ...$first->expect('a3')]);
    $second->expect();
    $first->cancel();
    $put('a4');
    $second->expect('a4');
}

return [
    'filter' => static function (Context $t): void {
        $publisher = $t->connect()->channel(confirm: true);
        $publisher->declareQueue($t->name, autoDelete: true);
        $put = static fn (string $body, array $properties)
            => $t->publish($publisher, '', $t->name, $body, $properties);
        $coloured = static fn (string $colour, int $size): array
            => ['headers' => ['colour' => $colour, 'size' => $size]];
        $choose = static fn (string $selector): Chooser
            => new Chooser($t, $t->name, arguments: ['x-filter' => $selector]);
        $put('big red', $coloured('red', 5));
        $put('small red', $coloured('red', 3));
        $put('big blue', $coloured('blue', 9));
        $put('named', ['message_id' => 'order-7']);
        $put('bigger red', $coloured('red', 70_000));
        $reds = $choose("colour = 'red' AND size > 3");
        $reds->ack($reds->expect('big red', 'bigger red'));
        $orders = $choose("p.message_id LIKE 'order-%'");
        $orders->ack($orders->expect('named'));
        $put('last red', $coloured('red', 4));
        $reds->ack($reds->expect('last red'));
        $others = new Chooser($t, $t->name, noAck: true);
        $others->expect('small red', 'big blue');
        $refusal = $t->fails(
            "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '$t->name' in vhost '/': "
                . '{invalid_filter,"no end of the quote at 10"}',
            static fn () => $choose("colour = 'red"),
        );
        $t->equal($refusal->getCode(), 406, 'code:');
    },

    'group-key' => static function (Context $t): void {
        groups($t, 'routing-key', static fn (string $name): array => [$name[0], []]);
        $byHeader = static fn (string $name): array => ['a', ['customer' => $name[0]]];
        groups($t, 'customer', $byHeader);
    },

    'dead-letter-at-least-once' => static function (Context $t): void {
        $publisher = $t->connect()->channel(confirm: true);
        $publisher->declareQueue($t->name, durable: true, arguments: [
            'x-queue-type' => 'quorum',
            'x-overflow' => 'reject-publish',
            'x-dead-letter-strategy' => 'at-least-once',
            'x-dead-letter-exchange' => EXCHANGE,
            'x-dead-letter-routing-key' => "$t->name.key",
        ]);
        $t->after(static fn () => $publisher->deleteQueue($t->name));
        $t->publish($publisher, '', $t->name, 'refused');
        $living = new Chooser($t, $t->name);
        $living->channel->reject($living->expect('refused')[0], requeue: false);
        // When this is answered, the letter has found no queue.
        $living->channel->declareQueue("$t->name.dead", autoDelete: true);
        $living->channel->bindQueue("$t->name.dead", EXCHANGE, "$t->name.key");
        $dead = new Chooser($t, "$t->name.dead", noAck: true);
        $headers = $dead->expect('refused')[0]->properties['headers'];
        $t->equal($headers['x-death'][0]['reason'], 'rejected');
    },
];
