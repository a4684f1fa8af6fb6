<?php

/** A channel of the extension amqp. */

declare(strict_types=1);

namespace Interop;

use AMQPBasicProperties;
use AMQPChannel;
use AMQPConnectionException;
use AMQPEnvelope;
use AMQPException;
use AMQPExchange;
use AMQPQueue;
use RuntimeException;

final class PhpAmqpChannel extends Channel
{
    /** How long it waits for a message before it looks whether to go on. */
    private const LOOK_SECONDS = 0.1;

    private const TIMEOUTS = ['Consumer timeout exceed', 'Wait timeout exceed'];

    private int $published = 0;

    /** @var array<int, true> by delivery tag */
    private array $unconfirmed = [];

    /** @var array<string, AMQPExchange> */
    private array $exchanges = [];

    public function __construct(
        private readonly PhpAmqpLink $link,
        private readonly AMQPChannel $raw,
        private readonly bool $confirm,
    ) {
        $raw->setConfirmCallback(
            fn (int $tag, bool $multiple): bool => $this->settle($tag, $multiple, 'confirmed'),
            fn (int $tag, bool $multiple): bool => $this->settle($tag, $multiple, 'nack'),
        );
        $raw->setReturnCallback($this->addReturn(...));
    }

    public function declareQueue(
        string $name,
        bool $passive = false,
        bool $durable = false,
        bool $exclusive = false,
        bool $autoDelete = false,
        array $arguments = [],
    ): int {
        $queue = $this->queue($name);
        $queue->setFlags(
            ($passive ? AMQP_PASSIVE : 0) | ($durable ? AMQP_DURABLE : 0)
            | ($exclusive ? AMQP_EXCLUSIVE : 0) | ($autoDelete ? AMQP_AUTODELETE : 0),
        );
        $queue->setArguments($arguments);
        return $queue->declareQueue();
    }

    public function deleteQueue(string $name): void
    {
        $this->queue($name)->delete();
    }

    public function bindQueue(
        string $queue,
        string $exchange,
        string $key,
        array $arguments = [],
    ): void {
        $this->queue($queue)->bind($exchange, $key, $arguments);
    }

    public function unbindQueue(string $queue, string $exchange, string $key): void
    {
        $this->queue($queue)->unbind($exchange, $key);
    }

    public function declareExchange(string $name, string $kind): void
    {
        $exchange = $this->exchange($name);
        $exchange->setType($kind);
        $exchange->setFlags(AMQP_AUTODELETE);
        $exchange->declareExchange();
    }

    public function bindExchange(string $destination, string $source, string $key): void
    {
        $this->exchange($destination)->bind($source, $key);
    }

    public function publish(
        string $exchange,
        string $key,
        string $body,
        array $properties = [],
        bool $mandatory = false,
    ): void {
        if ($this->confirm) {
            $this->unconfirmed[++$this->published] = true;
        }
        $flags = $mandatory ? AMQP_MANDATORY : AMQP_NOPARAM;
        $this->exchange($exchange)->publish($body, $key, $flags, $properties);
    }

    public function waitForConfirms(): void
    {
        if (!$this->until(fn (): bool => $this->unconfirmed === [])) {
            throw $this->closed ?? $this->link->lost ?? new RuntimeException('no confirm');
        }
        if (in_array('nack', $this->events, true)) {
            throw new RuntimeException('some were not confirmed');
        }
    }

    public function consume(
        string $queue,
        bool $noAck = false,
        ?int $prefetch = null,
        array $arguments = [],
    ): Subscription {
        if ($prefetch !== null) {
            $this->raw->setPrefetchCount($prefetch);
        }
        $consuming = $this->queue($queue);
        $consuming->setArguments($arguments);
        $consuming->consume(null, $noAck ? AMQP_AUTOACK : AMQP_NOPARAM);
        $subscription = new Subscription($consuming->getConsumerTag());
        $this->link->consumers[$subscription->tag] = [$subscription, $consuming];
        return $subscription;
    }

    public function limitOctets(int $size): void
    {
        try {
            $this->raw->qos($size, 0);
        } catch (AMQPConnectionException $error) {
            $this->link->lost = $error;
            throw $error;
        }
    }

    public function cancel(string $tag): void
    {
        $this->link->consumers[$tag][1]->cancel($tag);
        unset($this->link->consumers[$tag]);
    }

    public function get(string $queue, bool $noAck = true): ?Message
    {
        $envelope = $this->queue($queue)->get($noAck ? AMQP_AUTOACK : AMQP_NOPARAM);
        return $envelope === false ? null : PhpAmqpMessage::read($envelope);
    }

    public function ack(Message $message, bool $multiple = false): void
    {
        $this->queue('')->ack($message->tag, $multiple ? AMQP_MULTIPLE : AMQP_NOPARAM);
    }

    public function nack(Message $message, bool $multiple = false, bool $requeue = true): void
    {
        $flags = ($multiple ? AMQP_MULTIPLE : 0) | ($requeue ? AMQP_REQUEUE : 0);
        $this->queue('')->nack($message->tag, $flags);
    }

    public function reject(Message $message, bool $requeue): void
    {
        $this->queue('')->reject($message->tag, $requeue ? AMQP_REQUEUE : AMQP_NOPARAM);
    }

    public function txSelect(): void
    {
        $this->raw->startTransaction();
    }

    public function txCommit(): void
    {
        $this->raw->commitTransaction();
    }

    public function txRollback(): void
    {
        $this->raw->rollbackTransaction();
    }

    public function until(callable $condition, float $seconds = 10): bool
    {
        $end = microtime(true) + $seconds;
        while (!$condition() && microtime(true) < $end && $this->raw->isConnected()) {
            try {
                $this->listen($condition);
            } catch (AMQPException $error) {
                if (in_array($error->getMessage(), self::TIMEOUTS, true)) {
                    continue;
                }
                if ($this->link->connection->isConnected()) {
                    $this->closed = $error;
                } else {
                    $this->link->lost = $error;
                }
            }
        }
        return $condition();
    }

    /** Only a consumer's wait takes messages, and only the other one works without a consumer. */
    private function listen(callable $condition): void
    {
        $consumer = reset($this->link->consumers);
        if ($consumer === false) {
            $this->raw->waitForConfirm(self::LOOK_SECONDS);
            return;
        }
        $this->link->connection->setReadTimeout(self::LOOK_SECONDS);
        $consumer[1]->consume(
            function (AMQPEnvelope $envelope) use ($condition): bool {
                [$subscription] = $this->link->consumers[$envelope->getConsumerTag()];
                $subscription->messages[] = PhpAmqpMessage::read($envelope);
                return !$condition();
            },
            AMQP_JUST_CONSUME,
        );
    }

    public function close(): void
    {
        foreach (array_keys($this->raw->getConsumers()) as $tag) {
            unset($this->link->consumers[$tag]);
        }
        $this->raw->close();
    }

    /** Gives whether the extension shall go on waiting for confirms. */
    private function settle(int $tag, bool $multiple, string $event): bool
    {
        $this->events[] = $event;
        foreach ($multiple ? array_keys($this->unconfirmed) : [$tag] as $each) {
            if ($each <= $tag) {
                unset($this->unconfirmed[$each]);
            }
        }
        return $this->unconfirmed !== [];
    }

    private function addReturn(
        int $code,
        string $text,
        string $exchange,
        string $key,
        AMQPBasicProperties $properties,
        string $body,
    ): void {
        $named = PhpAmqpMessage::properties($properties);
        $this->events[] = new Message($body, $named, $exchange, $key, false, 0, null, $code, $text);
    }

    private function queue(string $name): AMQPQueue
    {
        $queue = new AMQPQueue($this->raw);
        if ($name !== '') {
            $queue->setName($name);
        }
        return $queue;
    }

    private function exchange(string $name): AMQPExchange
    {
        if (!isset($this->exchanges[$name])) {
            $this->exchanges[$name] = new AMQPExchange($this->raw);
            $this->exchanges[$name]->setName($name);
        }
        return $this->exchanges[$name];
    }
}
