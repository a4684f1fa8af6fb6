<?php

/**
 * Runs the shared scenarios with one client and reports each on a line of its own: `ok name`,
 * `not ok name - reason`, `skip name - reason`. Which ones they are comes in INTEROP_SCENARIOS.
 * Every scenario has a time limit, in which the starts and stops of a broker of its own do not
 * count; what it opened is closed after it.
 */

declare(strict_types=1);

namespace Interop;

use Throwable;

final class Harness
{
    private const SCENARIO_LIMIT_SECONDS = 15;

    /** @param array<string, callable(Context): void> $scenarios */
    public function __construct(
        private readonly Client $client,
        private readonly array $scenarios,
    ) {
    }

    /** Runs everything; gives the number of failures. */
    public function run(): int
    {
        echo '# client ' . $this->client::NAME . " {$this->client->version()}\n";
        $failures = 0;
        foreach (explode(' ', (string) getenv('INTEROP_SCENARIOS')) as $name) {
            $outcome = $this->runOne($name);
            echo "$outcome\n";
            $failures += (int) str_starts_with($outcome, 'not ok');
        }
        return $failures;
    }

    /** Runs one scenario; gives the line to report. */
    private function runOne(string $name): string
    {
        $scenario = $this->scenarios[$name] ?? null;
        if ($scenario === null) {
            return "not ok $name - not written for this language";
        }
        $context = new Context($this->client, $name);
        try {
            TimeLimit::run(self::SCENARIO_LIMIT_SECONDS, static fn () => $scenario($context));
            return "ok $name";
        } catch (Skip $reason) {
            return "skip $name - " . self::oneLine($reason);
        } catch (Throwable $error) {
            return "not ok $name - " . $error::class . ': ' . self::oneLine($error);
        } finally {
            $context->cleanUp();
        }
    }

    public static function oneLine(Throwable $error): string
    {
        return substr(trim(preg_replace('/\s+/', ' ', $error->getMessage())), 0, 500);
    }
}
