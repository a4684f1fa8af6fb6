<?php

/** php-amqplib: AMQP in PHP, over a stream. Channels are in PhpAmqplibChannel.php. */

declare(strict_types=1);

namespace Interop;

use DateTime;
use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Package;
use PhpAmqpLib\Wire\AMQPAbstractCollection as Type;
use PhpAmqpLib\Wire\AMQPArray;
use PhpAmqpLib\Wire\AMQPDecimal;
use PhpAmqpLib\Wire\AMQPTable;

final class PhpAmqplib extends Client
{
    public const NAME = 'php-amqplib';
    public const MECHANISM = 'AMQPLAIN';
    public const UNSENDABLE_TYPES = 'Lfd';

    private const ANSWER_LIMIT_SECONDS = 10;

    public function version(): string
    {
        return Package::VERSION;
    }

    public function connect(Address $address, int $heartbeat = 0): Link
    {
        $options = [
            'host' => $address->host,
            'port' => $address->port,
            'user' => $address->user,
            'password' => $address->password,
            'read_write_timeout' => self::ANSWER_LIMIT_SECONDS,
            'connection_timeout' => self::ANSWER_LIMIT_SECONDS,
            'channel_rpc_timeout' => self::ANSWER_LIMIT_SECONDS,
            'heartbeat' => $heartbeat,
        ];
        if ($address->vhost !== null) {
            $options['vhost'] = $address->vhost;
        }
        return new PhpAmqplibLink(new AMQPStreamConnection(...$options));
    }

    /** A header that says its type is sent as an array of the two. */
    public function headerSamples(): array
    {
        $list = ['text', 1, true, null, ['inner'], ['deep' => 'table']];
        $table = ['text' => 'text', 'number' => 70000, 'inner' => ['list' => [1, 2, 3]]];
        $typed = [
            'S' => [Type::T_STRING_LONG, 'text, Größe, 兎'],
            'x' => [Type::T_BYTES, "\x00\x01\xfe\xff"],
            't' => [Type::T_BOOL, true],
            'b' => [Type::T_INT_SHORTSHORT, -128],
            'B' => [Type::T_INT_SHORTSHORT_U, 255],
            's' => [Type::T_INT_SHORT, -32768],
            'u' => [Type::T_INT_SHORT_U, 65535],
            'I' => [Type::T_INT_LONG, -2147483648],
            'i' => [Type::T_INT_LONG_U, 4294967295],
            'l' => [Type::T_INT_LONGLONG, PHP_INT_MIN],
            'D' => [Type::T_DECIMAL, new AMQPDecimal(31415, 2)],
            'T' => [Type::T_TIMESTAMP, 1700000000],
            'V' => [Type::T_VOID, null],
            'A' => [Type::T_ARRAY, new AMQPArray($list)],
            'F' => [Type::T_TABLE, new AMQPTable($table)],
        ];
        $received = [
            'T' => DateTime::createFromFormat('U', '1700000000'),
            'A' => $list,
            'F' => $table,
        ];
        $samples = [];
        foreach ($typed as $letter => $sent) {
            $samples[$letter] = [$sent, $received[$letter] ?? $sent[1]];
        }
        return $samples;
    }
}

final class PhpAmqplibLink extends Link
{
    public function __construct(private readonly AMQPStreamConnection $connection)
    {
        $connection->set_connection_block_handler(function (string $reason): void {
            $this->blockings[] = $reason;
        });
        $connection->set_connection_unblock_handler(function (): void {
            $this->blockings[] = 'unblocked';
        });
    }

    public function channel(bool $confirm = false): Channel
    {
        $raw = $this->connection->channel();
        if ($confirm) {
            $raw->confirm_select();
        }
        return new PhpAmqplibChannel($this, $raw);
    }

    public function serverProperties(): array
    {
        return self::untyped($this->connection->getServerProperties());
    }

    public function close(): void
    {
        $this->connection->close();
    }

    /** The client gives each value with its type letter. */
    private static function untyped(array $table): array
    {
        return array_map(static fn (array $typed): mixed => match ($typed[0]) {
            'F' => self::untyped($typed[1]),
            't' => (bool) $typed[1],
            default => $typed[1],
        }, $table);
    }
}
