<?php

/** A channel of php-amqplib. */

declare(strict_types=1);

namespace Interop;

use PhpAmqpLib\Channel\AMQPChannel;
use PhpAmqpLib\Exception\AMQPBasicCancelException;
use PhpAmqpLib\Exception\AMQPConnectionClosedException;
use PhpAmqpLib\Exception\AMQPExceptionInterface;
use PhpAmqpLib\Exception\AMQPProtocolChannelException;
use PhpAmqpLib\Exception\AMQPTimeoutException;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;
use RuntimeException;

final class PhpAmqplibChannel extends Channel
{
    private const CONFIRM_LIMIT_SECONDS = 10;

    /** How long it waits for a frame before it looks after the heartbeat. */
    private const LOOK_SECONDS = 0.4;

    /** @var array<string, Subscription> */
    private array $subscriptions = [];

    public function __construct(private readonly Link $link, private readonly AMQPChannel $raw)
    {
        $raw->set_ack_handler(function (): void {
            $this->events[] = 'confirmed';
        });
        $raw->set_nack_handler(function (): void {
            $this->events[] = 'nack';
        });
        $raw->set_return_listener(
            function (int $code, string $text, string $exchange, string $key, AMQPMessage $raw) {
                $properties = self::properties($raw);
                $this->events[] = new Message(
                    $raw->getBody(),
                    $properties,
                    $exchange,
                    $key,
                    replyCode: $code,
                    replyText: $text,
                );
            },
        );
    }

    public function declareQueue(
        string $name,
        bool $passive = false,
        bool $durable = false,
        bool $exclusive = false,
        bool $autoDelete = false,
        array $arguments = [],
    ): int {
        $table = new AMQPTable($arguments);
        return $this->raw->queue_declare(
            $name,
            $passive,
            $durable,
            $exclusive,
            $autoDelete,
            arguments: $table,
        )[1];
    }

    public function deleteQueue(string $name): void
    {
        $this->raw->queue_delete($name);
    }

    public function bindQueue(
        string $queue,
        string $exchange,
        string $key,
        array $arguments = [],
    ): void {
        $this->raw->queue_bind($queue, $exchange, $key, arguments: new AMQPTable($arguments));
    }

    public function unbindQueue(string $queue, string $exchange, string $key): void
    {
        $this->raw->queue_unbind($queue, $exchange, $key);
    }

    public function declareExchange(string $name, string $kind): void
    {
        $this->raw->exchange_declare($name, $kind, auto_delete: true);
    }

    public function bindExchange(string $destination, string $source, string $key): void
    {
        $this->raw->exchange_bind($destination, $source, $key);
    }

    public function publish(
        string $exchange,
        string $key,
        string $body,
        array $properties = [],
        bool $mandatory = false,
    ): void {
        if (isset($properties['headers'])) {
            $properties['application_headers'] = self::table($properties['headers']);
            unset($properties['headers']);
        }
        $this->raw->basic_publish(new AMQPMessage($body, $properties), $exchange, $key, $mandatory);
    }

    public function waitForConfirms(): void
    {
        $this->raw->wait_for_pending_acks_returns(self::CONFIRM_LIMIT_SECONDS);
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
            $this->raw->basic_qos(0, $prefetch, false);
        }
        $tag = $this->raw->basic_consume(
            $queue,
            no_ack: $noAck,
            callback: $this->take(...),
            arguments: new AMQPTable($arguments),
        );
        return $this->subscriptions[$tag] = new Subscription($tag);
    }

    private function take(AMQPMessage $raw): void
    {
        $this->subscriptions[$raw->getConsumerTag()]->messages[] = self::message($raw);
    }

    public function limitOctets(int $size): void
    {
        try {
            $this->raw->basic_qos($size, 0, false);
        } catch (AMQPConnectionClosedException $error) {
            $this->link->lost = $error;
            throw $error;
        }
    }

    public function cancel(string $tag): void
    {
        $this->raw->basic_cancel($tag);
    }

    public function get(string $queue, bool $noAck = true): ?Message
    {
        $raw = $this->raw->basic_get($queue, $noAck);
        return $raw === null ? null : self::message($raw);
    }

    public function ack(Message $message, bool $multiple = false): void
    {
        $this->raw->basic_ack($message->tag, $multiple);
    }

    public function nack(Message $message, bool $multiple = false, bool $requeue = true): void
    {
        $this->raw->basic_nack($message->tag, $multiple, $requeue);
    }

    public function reject(Message $message, bool $requeue): void
    {
        $this->raw->basic_reject($message->tag, $requeue);
    }

    public function txSelect(): void
    {
        $this->raw->tx_select();
    }

    public function txCommit(): void
    {
        $this->raw->tx_commit();
    }

    public function txRollback(): void
    {
        $this->raw->tx_rollback();
    }

    public function until(callable $condition, float $seconds = 10): bool
    {
        $end = microtime(true) + $seconds;
        while (!$condition() && microtime(true) < $end && $this->works()) {
            try {
                $this->raw->wait(null, false, self::LOOK_SECONDS);
            } catch (AMQPTimeoutException) {
                // Nothing came: its heartbeat is sent when it waits again.
            } catch (AMQPBasicCancelException $cancel) {
                $this->subscriptions[$cancel->consumerTag]->cancelled = true;
            } catch (AMQPProtocolChannelException $error) {
                $this->closed = $error;
            } catch (AMQPExceptionInterface $error) {
                $this->link->lost = $error;
            }
        }
        return $condition();
    }

    private function works(): bool
    {
        return $this->link->lost === null && $this->raw->is_open();
    }

    public function close(): void
    {
        $this->raw->close();
    }

    /** Headers that say their type, and headers that do not. */
    private static function table(array $headers): AMQPTable
    {
        $table = new AMQPTable();
        foreach ($headers as $key => $value) {
            [$type, $bare] = is_array($value) ? $value : [null, $value];
            $table->set($key, $bare, $type);
        }
        return $table;
    }

    private static function properties(AMQPMessage $raw): array
    {
        $properties = $raw->get_properties();
        if (isset($properties['application_headers'])) {
            $properties['headers'] = $properties['application_headers']->getNativeData();
        }
        return $properties;
    }

    private static function message(AMQPMessage $raw): Message
    {
        return new Message(
            $raw->getBody(),
            self::properties($raw),
            $raw->getExchange(),
            $raw->getRoutingKey(),
            $raw->isRedelivered(),
            $raw->getDeliveryTag(),
            $raw->getMessageCount(),
        );
    }
}
