<?php

/** Scenarios of each exchange type: declare, bind, publish, look which queue got what. */

declare(strict_types=1);

namespace Interop;

const TOPICS = [
    'stock.*.nyse' => ['stock.usd.nyse'],
    'stock.#' => ['stock.usd.nyse', 'stock', 'stock.usd'],
    '#' => ['stock.usd.nyse', 'stock', 'stock.usd', 'quick.orange.rabbit', 'a..b', ''],
    '*.orange.*' => ['quick.orange.rabbit'],
    '*' => ['stock'],
    'a.*.b' => ['a..b'],
    '#.usd.#' => ['stock.usd.nyse', 'stock.usd'],
];

/** An exchange on a confirm channel: after a publish the message is in its queues. */
final class Setting
{
    public readonly Channel $channel;

    public function __construct(private readonly Context $t, string $kind)
    {
        $this->channel = $t->connect()->channel(confirm: true);
        $this->channel->declareExchange($t->name, $kind);
    }

    public function queue(string $suffix): string
    {
        $name = "{$this->t->name}.$suffix";
        $this->channel->declareQueue($name, exclusive: true);
        return $name;
    }

    public function bind(string $queue, string $key, array $arguments = []): void
    {
        $this->channel->bindQueue($queue, $this->t->name, $key, $arguments);
    }

    /** Publishes each key with itself as the body. */
    public function send(string ...$keys): void
    {
        foreach ($keys as $key) {
            $this->t->publish($this->channel, $this->t->name, $key, $key);
        }
    }

    /**
     * Takes all that is in a queue.
     *
     * @return list<string>
     */
    public function received(string $queue): array
    {
        $bodies = [];
        while (($message = $this->channel->get($queue)) !== null) {
            $bodies[] = $message->body;
        }
        return $bodies;
    }
}

return [
    'exchange-direct' => static function (Context $t): void {
        $s = new Setting($t, 'direct');
        [$red, $both] = [$s->queue('red'), $s->queue('both')];
        $s->bind($red, 'red');
        $s->bind($both, 'red');
        $s->bind($both, 'blue');
        $s->send('red', 'blue', 'redder');
        $t->equal($s->received($red), ['red']);
        $t->equal($s->received($both), ['red', 'blue']);
        $s->channel->unbindQueue($both, $t->name, 'red');
        $s->send('red', 'blue');
        $t->equal($s->received($both), ['blue']);
    },

    'exchange-fanout' => static function (Context $t): void {
        $s = new Setting($t, 'fanout');
        $queues = array_map($s->queue(...), ['0', '1', '2']);
        foreach ($queues as $queue) {
            $s->bind($queue, 'ignored');
        }
        $s->send('any', '');
        foreach ($queues as $queue) {
            $t->equal($s->received($queue), ['any', '']);
        }
    },

    'exchange-topic' => static function (Context $t): void {
        $s = new Setting($t, 'topic');
        foreach (array_keys(TOPICS) as $pattern) {
            $s->bind($s->queue($pattern), $pattern);
        }
        $s->send(...TOPICS['#']);
        foreach (TOPICS as $pattern => $expected) {
            $t->equal($s->received("$t->name.$pattern"), $expected, $pattern);
        }
    },

    'exchange-headers' => static function (Context $t): void {
        $s = new Setting($t, 'headers');
        [$all, $any] = [$s->queue('all'), $s->queue('any')];
        $pair = ['format' => 'pdf', 'kind' => 'report'];
        $s->bind($all, '', ['x-match' => 'all', ...$pair]);
        $s->bind($any, '', ['x-match' => 'any', ...$pair]);
        $tries = [
            'both' => ['headers' => $pair],
            'one' => ['headers' => ['format' => 'pdf', 'kind' => 'log']],
            'other' => ['headers' => ['format' => 'zip']],
            'bare' => [],
        ];
        foreach ($tries as $body => $properties) {
            $t->publish($s->channel, $t->name, '', $body, $properties);
        }
        $t->equal($s->received($all), ['both']);
        $t->equal($s->received($any), ['both', 'one']);
    },

    'exchange-to-exchange' => static function (Context $t): void {
        $s = new Setting($t, 'topic');
        [$inner, $target] = ["$t->name.fanout", $s->queue('target')];
        $s->channel->declareExchange($inner, 'fanout');
        $s->channel->bindExchange($inner, $t->name, 'log.#');
        $s->channel->bindQueue($target, $inner, '');
        // A second way to the same queue must not give a second copy.
        $s->bind($target, 'log.error');
        $s->send('log.error', 'log.info', 'other');
        $t->equal($s->received($target), ['log.error', 'log.info']);
    },
];
