<?php

/** What a scenario works with: connections, a broker of its own, assertions. */

declare(strict_types=1);

namespace Interop;

use RuntimeException;
use Throwable;

final class Context
{
    private const CLOSE_LIMIT_SECONDS = 10;

    /** amqp://user:password@host:port, without a path. */
    public readonly string $url;

    /** Unique to this run and scenario: the stem of all names that it declares. */
    public readonly string $name;

    /** @var list<callable(): mixed> */
    private array $cleanups = [];

    public function __construct(
        public readonly Client $client,
        private readonly string $scenario,
    ) {
        $this->url = (string) getenv('INTEROP_URL');
        $this->name = 'interop.' . $client::NAME . '.' . getmypid() . ".$scenario";
    }

    /** A connection that is closed after the scenario. */
    public function connect(?string $url = null, int $heartbeat = 0): Link
    {
        $link = $this->client->connect(Address::parse($url ?? $this->url), $heartbeat);
        $this->after($link->close(...));
        return $link;
    }

    /** A broker of the scenario's own, not started yet; skips where there is none. */
    public function ownBroker(): OwnBroker
    {
        $address = (string) getenv('INTEROP_CONTROL');
        if ($address === '') {
            throw new Skip('the runner did not start this broker, so it cannot kill it');
        }
        $broker = new OwnBroker($address);
        $this->after($broker->close(...));
        return $broker;
    }

    /** Runs the action after the scenario, whatever came of it. */
    public function after(callable $action): void
    {
        $this->cleanups[] = $action;
    }

    public function note(string $text): void
    {
        echo "# note $this->scenario - $text\n";
    }

    public function cleanUp(): void
    {
        foreach (array_reverse($this->cleanups) as $cleanup) {
            try {
                TimeLimit::run(self::CLOSE_LIMIT_SECONDS, $cleanup);
            } catch (Throwable $error) {
                echo "# after $this->scenario: " . Harness::oneLine($error) . "\n";
            }
        }
    }

    /** An assert that shows both sides. Types count; objects are compared by what they hold. */
    public function equal(mixed $actual, mixed $expected, string $what = ''): void
    {
        if (!self::same($actual, $expected)) {
            [$one, $other] = [var_export($expected, true), var_export($actual, true)];
            throw new RuntimeException(ltrim("$what expected $one, got $other"));
        }
    }

    private static function same(mixed $one, mixed $other): bool
    {
        if (is_array($one) && is_array($other)) {
            if (count($one) !== count($other)) {
                return false;
            }
            foreach ($one as $key => $value) {
                if (!array_key_exists($key, $other) || !self::same($value, $other[$key])) {
                    return false;
                }
            }
            return true;
        }
        return is_object($one) && is_object($other)
            ? $one::class === $other::class && $one == $other
            : $one === $other;
    }

    /** An assert that the part stands in what was reported. */
    public function contains(?Throwable $reported, string $part): void
    {
        $text = $reported === null ? '(nothing)' : $reported->getMessage();
        if (!str_contains($text, $part)) {
            throw new RuntimeException("expected to find '$part' in '$text'");
        }
    }

    /** Runs what must fail, with the part in what the client reports. */
    public function fails(string $part, callable $action): Throwable
    {
        try {
            $action();
        } catch (TimeIsUp $error) {
            throw $error;
        } catch (Throwable $error) {
            $this->contains($error, $part);
            return $error;
        }
        throw new RuntimeException("no error; expected '$part'");
    }

    /** Lets a channel's client work until something has come true; says what did not. */
    public function eventually(
        Channel $channel,
        string $what,
        callable $condition,
        float $seconds = 10,
    ): void {
        if (!$channel->until($condition, $seconds)) {
            throw new RuntimeException("in $seconds s not: $what");
        }
    }

    /** A confirm channel with an exclusive queue named as the scenario. */
    public function confirmedQueue(): Channel
    {
        $channel = $this->connect()->channel(confirm: true);
        $channel->declareQueue($this->name, exclusive: true);
        return $channel;
    }

    /** Publishes and waits for the confirm. */
    public function publish(
        Channel $channel,
        string $exchange,
        string $key,
        string $body,
        array $properties = [],
    ): void {
        $channel->publish($exchange, $key, $body, $properties);
        $channel->waitForConfirms();
    }

    /** Declares, publishes, gets on a confirm channel: shows that it works. */
    public function exchangeOneMessage(Channel $channel, string $queue): void
    {
        $channel->declareQueue($queue, exclusive: true);
        $this->publish($channel, '', $queue, 'alive');
        $this->equal($channel->get($queue)?->body, 'alive');
    }
}
