<?php

/**
 * Breaks off what takes longer, with SIGALRM. A call inside an extension is not broken off: those
 * have time limits of their own.
 */

declare(strict_types=1);

namespace Interop;

use Error;

/** Not an Exception, since the clients catch those. */
final class TimeIsUp extends Error
{
}

final class TimeLimit
{
    /** Runs it; throws TimeIsUp when it takes longer. */
    public static function run(int $seconds, callable $action): void
    {
        pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static function () use ($seconds): never {
            throw new TimeIsUp("no end after $seconds s");
        });
        pcntl_alarm($seconds);
        try {
            $action();
        } finally {
            pcntl_alarm(0);
        }
    }

    /** Runs something whose time does not count. */
    public static function paused(callable $action): mixed
    {
        $left = pcntl_alarm(0);
        try {
            return $action();
        } finally {
            pcntl_alarm($left);
        }
    }
}
