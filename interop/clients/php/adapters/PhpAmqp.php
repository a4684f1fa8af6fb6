<?php

/**
 * php-amqp: the extension amqp, over librabbitmq. Channels are in PhpAmqpChannel.php.
 */

declare(strict_types=1);

namespace Interop;

use AMQPChannel;
use AMQPConnection;
use AMQPDecimal;
use AMQPQueue;
use AMQPTimestamp;

final class PhpAmqp extends Client
{
    public const NAME = 'php-amqp';
    public const MECHANISM = 'PLAIN';
    public const UNSENDABLE_TYPES = 'xbBsuIiLf';
    public const UNSENDABLE_PROPERTIES = ['cluster_id'];
    public const TELLS_LEFT = false;
    public const NO_CANCEL = 'the client does not announce that it understands basic.cancel';
    public const NO_BLOCKED = 'the client does not announce that it understands connection.blocked';

    private const ANSWER_LIMIT_SECONDS = 10;

    public function version(): string
    {
        return (string) phpversion('amqp');
    }

    public function connect(Address $address, int $heartbeat = 0): Link
    {
        // As an option it takes no more than 256 channels, as a setting it does.
        ini_set('amqp.channel_max', '2000');
        // It limits every channel to three messages when it is not told otherwise.
        ini_set('amqp.prefetch_count', '0');
        $options = [
            'host' => $address->host,
            'port' => $address->port,
            'login' => $address->user,
            'password' => $address->password,
            'connect_timeout' => self::ANSWER_LIMIT_SECONDS,
            'rpc_timeout' => self::ANSWER_LIMIT_SECONDS,
            'write_timeout' => self::ANSWER_LIMIT_SECONDS,
            'heartbeat' => $heartbeat,
        ];
        if ($address->vhost !== null) {
            $options['vhost'] = $address->vhost;
        }
        $connection = new AMQPConnection($options);
        $connection->connect();
        return new PhpAmqpLink($connection);
    }

    public function headerSamples(): array
    {
        $list = ['text', 1, true, null, ['inner'], ['deep' => 'table']];
        $samples = [
            'S' => 'text, Größe, 兎',
            't' => true,
            'l' => PHP_INT_MIN,
            'd' => M_PI,
            'D' => new AMQPDecimal(2, 31415),
            'T' => new AMQPTimestamp(1700000000),
            'V' => null,
            'F' => ['text' => 'text', 'number' => 70000, 'inner' => ['texts' => ['a', 'b']]],
        ];
        $same = array_map(static fn (mixed $value): array => [$value, $value], $samples);
        // Of a list it shows the texts and the tables.
        return [...$same, 'A' => [$list, ['text', ['deep' => 'table']]]];
    }
}

final class PhpAmqpLink extends Link
{
    /** @var array<string, array{Subscription, AMQPQueue}> what consumes, on any channel */
    public array $consumers = [];

    public function __construct(public readonly AMQPConnection $connection)
    {
    }

    public function channel(bool $confirm = false): Channel
    {
        $raw = new AMQPChannel($this->connection);
        if ($confirm) {
            $raw->confirmSelect();
        }
        return new PhpAmqpChannel($this, $raw, $confirm);
    }

    public function serverProperties(): array
    {
        throw new Skip('the client does not show them');
    }

    public function close(): void
    {
        $this->consumers = [];
        $this->connection->disconnect();
    }
}
