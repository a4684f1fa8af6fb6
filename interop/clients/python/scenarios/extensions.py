"""Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
together, dead letters that wait."""

from harness import equal, scenario
from scenarios.failing import fails

EXCHANGE = 'amq.direct'


def bodies(subscription):
    return [message.body.decode() for message in subscription.messages]


async def came(link, subscription, *expected):
    """Waits until a consumer has got as many messages as expected, and compares all of them."""
    await link.until(lambda: len(subscription.messages) >= len(expected))
    equal(bodies(subscription), list(expected))


async def refused_filter(link, queue, text, reason):
    """A filter that cannot be read: the client tells that its channel is closed, and why."""
    await fails((await link.channel()).consume(queue, arguments={'x-filter': text}),
                f"PRECONDITION_FAILED - invalid arg 'x-filter' for queue '{queue}' in vhost '/': "
                f'{{invalid_filter,"{reason}"}}')


@scenario('filter')
async def filters(t):
    link = await t.connect()
    publisher = await link.channel(confirm=True)
    await publisher.declare_queue(t.name, exclusive=True)
    for body, properties in {
        'big red': {'headers': {'colour': 'red', 'size': 5}},
        'small red': {'headers': {'colour': 'red', 'size': 3}},
        'big blue': {'headers': {'colour': 'blue', 'size': 9}},
        'named': {'message_id': 'order-7'},
        'bigger red': {'headers': {'colour': 'red', 'size': 70_000}},
    }.items():
        await publisher.publish('', t.name, body.encode(), properties)
    first, second = await link.channel(), await link.channel()
    reds = await first.consume(t.name, arguments={'x-filter': "colour = 'red' AND size > 3"})
    await came(link, reds, 'big red', 'bigger red')
    orders = await second.consume(t.name, arguments={'x-filter': "p.message_id LIKE 'order-%'"})
    await came(link, orders, 'named')
    for message in reds.messages:
        await first.ack(message)
    await second.ack(orders.messages[0])
    await publisher.publish('', t.name, b'last red', {'headers': {'colour': 'red', 'size': 4}})
    await came(link, reds, 'big red', 'bigger red', 'last red')
    await first.ack(reds.messages[2])
    await first.cancel(reds.tag)
    await second.cancel(orders.tag)
    others = await first.consume(t.name, no_ack=True)
    await came(link, others, 'small red', 'big blue')
    await refused_filter(link, t.name, "colour = 'red", 'no end of the quote at 10')


class Grouped:
    """A queue with x-group-key, its messages, and channels for two consumers."""

    @staticmethod
    async def make(t, argument):
        self = Grouped()
        self.name = f'{t.name}.{argument}'
        self.header = None if argument == 'routing-key' else argument
        self.link = await t.connect()
        self.publisher = await self.link.channel(confirm=True)
        await self.publisher.declare_queue(
            self.name, exclusive=True, arguments={'x-group-key': argument})
        for key in 'ab':
            await self.publisher.bind_queue(self.name, EXCHANGE, f'{self.name}.{key}')
        self.channels = [await self.link.channel(), await self.link.channel()]
        return self

    async def publish(self, *names):
        """Messages whose keys are the first letters of their names."""
        for name in names:
            # Where it is a header that counts, the routing key is the same for all.
            key, headers = (name[0], {}) if self.header is None else ('a', {self.header: name[0]})
            await self.publisher.publish(
                EXCHANGE, f'{self.name}.{key}', name.encode(), {'headers': headers})


async def groups(t, argument):
    """Two consumers, of no more than two messages each at a time."""
    g = await Grouped.make(t, argument)
    one, two = g.channels
    await g.publish('a1', 'a2', 'a3', 'b1', 'b2', 'b3')
    first = await one.consume(g.name, prefetch=2)
    await came(g.link, first, 'a1', 'a2')
    second = await two.consume(g.name, prefetch=2)
    await came(g.link, second, 'b1', 'b2')
    for message in second.messages[:2]:
        await two.ack(message)
    await came(g.link, second, 'b1', 'b2', 'b3')
    await two.ack(second.messages[2])
    # The second one has nothing to do, and yet it gets none of the key that the first one has.
    equal((await two.declare_queue(g.name, passive=True))[1], 1, 'ready:')
    await one.ack(first.messages[0])
    await came(g.link, first, 'a1', 'a2', 'a3')
    equal(bodies(second), ['b1', 'b2', 'b3'])
    for message in first.messages[1:]:
        await one.ack(message)
    await one.cancel(first.tag)
    await g.publish('a4')
    await came(g.link, second, 'b1', 'b2', 'b3', 'a4')


@scenario('group-key')
async def group_key(t):
    await groups(t, 'routing-key')
    await groups(t, 'customer')


@scenario('dead-letter-at-least-once')
async def dead_letter_at_least_once(t):
    link = await t.connect()
    channel = await link.channel(confirm=True)
    target, key = f'{t.name}.dead', f'{t.name}.key'
    await channel.declare_queue(t.name, durable=True, arguments={
        'x-queue-type': 'quorum', 'x-overflow': 'reject-publish',
        'x-dead-letter-strategy': 'at-least-once', 'x-dead-letter-exchange': EXCHANGE,
        'x-dead-letter-routing-key': key})
    t.after(lambda: channel.delete_queue(t.name))
    await channel.publish('', t.name, b'refused')
    letters = await channel.consume(t.name)
    await came(link, letters, 'refused')
    await channel.reject(letters.messages[0], requeue=False)
    # When this is answered, the letter has found no queue.
    await channel.declare_queue(target, exclusive=True)
    await channel.bind_queue(target, EXCHANGE, key)
    dead = await channel.consume(target, no_ack=True)
    await came(link, dead, 'refused')
    equal(dead.messages[0].properties['headers']['x-death'][0]['reason'], 'rejected')
