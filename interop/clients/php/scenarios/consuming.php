<?php

/**
 * Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
 * from the queue after the channel is closed, when all that was not settled has come back.
 */

declare(strict_types=1);

namespace Interop;

/** A queue of its own with the messages 1 to `count`, and a channel to take them on. */
final class Filled
{
    public readonly Channel $channel;
    public Subscription $consumer;
    private readonly Channel $publisher;

    public function __construct(private readonly Context $t, int $count)
    {
        $link = $t->connect();
        $this->publisher = $link->channel(confirm: true);
        $this->publisher->declareQueue($t->name, exclusive: true);
        for ($number = 1; $number <= $count; $number++) {
            $t->publish($this->publisher, '', $t->name, (string) $number);
        }
        $this->channel = $link->channel();
    }

    /**
     * Starts a consumer and waits for its first messages.
     *
     * @return list<Message>
     */
    public function take(int $count, bool $noAck = false, ?int $prefetch = null): array
    {
        $this->consumer = $this->channel->consume($this->t->name, $noAck, $prefetch);
        return $this->more($count);
    }

    /**
     * Waits until the consumer has got `count` messages in all.
     *
     * @return list<Message>
     */
    public function more(int $count): array
    {
        $enough = fn (): bool => count($this->consumer->messages) >= $count;
        $this->t->eventually($this->channel, "$count messages came", $enough);
        return $this->consumer->messages;
    }

    /** How many are left, as the client tells; asked of the queue where it does not. */
    public function left(Message $message): int
    {
        return $message->left ?? $this->publisher->declareQueue($this->t->name, passive: true);
    }

    /**
     * Closes the channel and takes, on another, what the queue holds then.
     *
     * @return list<string>
     */
    public function rest(): array
    {
        $this->channel->close();
        $bodies = [];
        while (($message = $this->publisher->get($this->t->name)) !== null) {
            $bodies[] = $message->body;
        }
        return $bodies;
    }
}

return [
    'get' => static function (Context $t): void {
        if (!$t->client::TELLS_LEFT) {
            $t->note('the client does not show how many messages are left');
        }
        $f = new Filled($t, 3);
        $first = $f->channel->get($t->name, noAck: false);
        $t->equal([$first->body, $f->left($first), $first->redelivered], ['1', 2, false]);
        $t->equal([$first->exchange, $first->routingKey], ['', $t->name]);
        $f->channel->ack($first);
        $second = $f->channel->get($t->name, noAck: true);
        $t->equal([$second->body, $f->left($second)], ['2', 1]);
        $t->equal($f->rest(), ['3']);
    },

    'get-empty' => static function (Context $t): void {
        $f = new Filled($t, 0);
        $t->equal($f->channel->get($t->name, noAck: false), null);
        $t->equal($f->channel->get($t->name, noAck: true), null);
    },

    'consume-prefetch' => static function (Context $t): void {
        $f = new Filled($t, 10);
        $messages = $f->take(3, prefetch: 3);
        $t->equal(array_column($messages, 'body'), ['1', '2', '3']);
        $ready = $f->channel->declareQueue($t->name, passive: true);
        $t->equal($ready, 7, 'ready while three are out:');
        $t->equal(count($f->consumer->messages), 3);
        $f->channel->ack($messages[0]);
        $t->equal(array_column($f->more(4), 'body'), ['1', '2', '3', '4']);
        $f->channel->cancel($f->consumer->tag);
        $t->equal($f->rest(), ['2', '3', '4', '5', '6', '7', '8', '9', '10']);
    },

    'ack-each' => static function (Context $t): void {
        $f = new Filled($t, 5);
        array_map($f->channel->ack(...), $f->take(5));
        $t->equal($f->rest(), []);
    },

    'ack-multiple' => static function (Context $t): void {
        $f = new Filled($t, 6);
        $messages = $f->take(6);
        $f->channel->ack($messages[3], multiple: true);
        $t->equal($f->rest(), ['5', '6']);
    },

    'auto-ack' => static function (Context $t): void {
        $f = new Filled($t, 5);
        $messages = $f->take(5, noAck: true);
        $t->equal(array_column($messages, 'body'), ['1', '2', '3', '4', '5']);
        $t->equal($f->rest(), []);
    },

    'reject-drop' => static function (Context $t): void {
        $f = new Filled($t, 3);
        $messages = $f->take(3);
        $f->channel->reject($messages[0], requeue: false);
        $f->channel->reject($messages[2], requeue: false);
        $t->equal($f->rest(), ['2']);
    },

    'nack-multiple' => static function (Context $t): void {
        $f = new Filled($t, 4);
        $messages = $f->take(4);
        $f->channel->nack($messages[2], multiple: true, requeue: true);
        $again = array_slice($f->more(7), 4);
        $t->equal(array_column($again, 'body'), ['1', '2', '3']);
        $t->equal(array_column($again, 'redelivered'), [true, true, true]);
    },

    'nack-requeue' => static function (Context $t): void {
        $f = new Filled($t, 1);
        $messages = $f->take(1);
        $t->equal($messages[0]->redelivered, false);
        $f->channel->nack($messages[0], requeue: true);
        $again = $f->more(2)[1];
        $t->equal([$again->body, $again->redelivered], ['1', true]);
        $f->channel->nack($again, requeue: false);
        $t->equal($f->rest(), []);
    },
];
