<?php

/**
 * What a PHP client must offer to run the shared scenarios: one adapter a client implements it with
 * that client's own calls. Everything blocks, and throws what the client reports. Nothing here
 * knows a client.
 */

declare(strict_types=1);

namespace Interop;

use RuntimeException;
use Throwable;

/** Thrown for what this client or this broker gives no way to do. */
final class Skip extends RuntimeException
{
}

/** A message, however it came. The properties have the names of AMQP. */
final class Message
{
    public function __construct(
        public readonly string $body,
        public readonly array $properties,
        public readonly string $exchange,
        public readonly string $routingKey,
        public readonly bool $redelivered = false,
        public readonly int $tag = 0,
        /** Messages left in the queue; of basic.get only, and only if the client tells. */
        public readonly ?int $left = null,
        public readonly int $replyCode = 0,
        public readonly string $replyText = '',
    ) {
    }
}

/** A consumer: its messages as they come, and whether the server has cancelled it. */
final class Subscription
{
    /** @var list<Message> */
    public array $messages = [];
    public bool $cancelled = false;

    public function __construct(public readonly string $tag)
    {
    }
}

abstract class Channel
{
    /** What the client reported when the server closed the channel while `until` ran. */
    public ?Throwable $closed = null;

    /** @var list<Message|string> returned messages, 'confirmed' and 'nack', as the client told */
    public array $events = [];

    /** Gives the number of messages. */
    abstract public function declareQueue(
        string $name,
        bool $passive = false,
        bool $durable = false,
        bool $exclusive = false,
        bool $autoDelete = false,
        array $arguments = [],
    ): int;

    abstract public function deleteQueue(string $name): void;

    abstract public function bindQueue(
        string $queue,
        string $exchange,
        string $key,
        array $arguments = [],
    ): void;

    abstract public function unbindQueue(string $queue, string $exchange, string $key): void;

    /** Declares an auto-delete exchange. */
    abstract public function declareExchange(string $name, string $kind): void;

    abstract public function bindExchange(string $destination, string $source, string $key): void;

    /** Sends it; waits for nothing. */
    abstract public function publish(
        string $exchange,
        string $key,
        string $body,
        array $properties = [],
        bool $mandatory = false,
    ): void;

    /** Waits until all that was published is confirmed. */
    abstract public function waitForConfirms(): void;

    abstract public function consume(
        string $queue,
        bool $noAck = false,
        ?int $prefetch = null,
        array $arguments = [],
    ): Subscription;

    /** basic.qos with a prefetch size, which RabbitMQ does not have. */
    abstract public function limitOctets(int $size): void;

    abstract public function cancel(string $tag): void;

    abstract public function get(string $queue, bool $noAck = true): ?Message;

    abstract public function ack(Message $message, bool $multiple = false): void;

    abstract public function nack(
        Message $message,
        bool $multiple = false,
        bool $requeue = true,
    ): void;

    abstract public function reject(Message $message, bool $requeue): void;

    abstract public function txSelect(): void;

    abstract public function txCommit(): void;

    abstract public function txRollback(): void;

    /**
     * Lets the client work until the condition holds, or the channel or its connection is closed.
     * Gives whether the condition holds.
     */
    abstract public function until(callable $condition, float $seconds = 10): bool;

    abstract public function close(): void;
}

abstract class Link
{
    /** What the client reported when the connection was lost. */
    public ?Throwable $lost = null;

    /** @var list<string> what the client told of blocking: the reason, or 'unblocked' */
    public array $blockings = [];

    abstract public function channel(bool $confirm = false): Channel;

    abstract public function serverProperties(): array;

    abstract public function close(): void;
}

abstract class Client
{
    public const NAME = '';

    /** The authentication mechanism that it uses when it is not told which. */
    public const MECHANISM = '';

    /** RabbitMQ's type letters that it has no way to send in a header. */
    public const UNSENDABLE_TYPES = '';

    /** @var list<string> properties that it has no way to send */
    public const UNSENDABLE_PROPERTIES = [];

    /** Whether basic.get shows how many messages are left. */
    public const TELLS_LEFT = true;

    /** Why it cannot be told of these by the server; null when it can. */
    public const NO_CANCEL = null;
    public const NO_BLOCKED = null;

    abstract public function version(): string;

    /**
     * A header of each type: letter => [sent, received].
     *
     * @return array<string, array{mixed, mixed}>
     */
    abstract public function headerSamples(): array;

    /** Opens a connection; the client's own default vhost when none is given. */
    abstract public function connect(Address $address, int $heartbeat = 0): Link;
}

/** What is in an AMQP URL. */
final class Address
{
    public function __construct(
        public readonly string $host,
        public readonly int $port,
        public readonly string $user,
        public readonly string $password,
        public readonly ?string $vhost,
    ) {
    }

    public static function parse(string $url): self
    {
        $parts = parse_url($url);
        return new self(
            $parts['host'],
            $parts['port'],
            rawurldecode($parts['user']),
            rawurldecode($parts['pass']),
            isset($parts['path']) ? rawurldecode(substr($parts['path'], 1)) : null,
        );
    }
}
