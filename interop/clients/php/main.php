<?php

/**
 * Runs the shared scenarios with the PHP client named on the command line.
 *
 * The broker's URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
 */

declare(strict_types=1);

namespace Interop;

use ErrorException;

error_reporting(E_ALL);
set_error_handler(static function (int $level, string $text, string $file, int $line): never {
    throw new ErrorException($text, 0, $level, $file, $line);
});

require 'PhpAmqpLib/autoload.php';
foreach (['Port', 'TimeLimit', 'OwnBroker', 'Context', 'Harness'] as $file) {
    require __DIR__ . "/$file.php";
}
foreach (glob(__DIR__ . '/adapters/*.php') as $file) {
    require $file;
}

$clients = [];
foreach ([new PhpAmqplib(), new PhpAmqp()] as $client) {
    $clients[$client::NAME] = $client;
}
$wanted = $argv[1] ?? '';
if (!isset($clients[$wanted])) {
    fwrite(STDERR, "no such client: $wanted; have " . implode(', ', array_keys($clients)) . "\n");
    exit(2);
}
$scenarios = array_merge(...array_map(
    static fn (string $file): array => require $file,
    glob(__DIR__ . '/scenarios/*.php'),
));
exit((new Harness($clients[$wanted], $scenarios))->run() === 0 ? 0 : 1);
