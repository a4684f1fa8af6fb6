<?php

/**
 * Asks the runner for a broker that only this scenario uses, to be killed or blocked under the
 * client. One socket, one line a request: `start` answers `ok <url>`, the others answer `ok`. The
 * runner ends the broker when the socket closes.
 */

declare(strict_types=1);

namespace Interop;

use RuntimeException;

final class OwnBroker
{
    private const ANSWER_LIMIT_SECONDS = 120;

    /** @var resource */
    private $socket;

    public function __construct(string $address)
    {
        $socket = stream_socket_client("tcp://$address");
        if ($socket === false) {
            throw new RuntimeException("cannot reach the runner at $address");
        }
        stream_set_timeout($socket, self::ANSWER_LIMIT_SECONDS);
        $this->socket = $socket;
    }

    /** Starts it, for the first time or again; gives its URL. */
    public function start(): string
    {
        return $this->ask('start');
    }

    /** Kills it with SIGKILL; returns when the process is gone. */
    public function kill(): void
    {
        $this->ask('kill');
    }

    /** Raises its memory alarm: publishers are blocked until `unblock`. */
    public function block(): void
    {
        $this->ask('block');
    }

    public function unblock(): void
    {
        $this->ask('unblock');
    }

    public function close(): void
    {
        fclose($this->socket);
    }

    private function ask(string $request): string
    {
        return TimeLimit::paused(function () use ($request): string {
            fwrite($this->socket, "$request\n");
            $answer = fgets($this->socket);
            if ($answer === false || !preg_match('/^ok ?(.*)$/', $answer, $match)) {
                throw new RuntimeException("broker control: $request: " . trim((string) $answer));
            }
            return $match[1];
        });
    }
}
