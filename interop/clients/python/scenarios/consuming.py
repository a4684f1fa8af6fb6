"""Scenarios of receiving: get, consume, each form of settling.

What a settle left behind is read from the queue after the channel is closed, when all that was
not settled has come back.
"""

from harness import equal, scenario


class Filled:
    """A queue of its own with the messages 1 to `count`, and a channel to take them on."""

    @staticmethod
    async def make(t, count):
        self = Filled()
        self.name = t.name
        self.link = await t.connect()
        self.publisher = await self.link.channel(confirm=True)
        await self.publisher.declare_queue(t.name, exclusive=True)
        for number in range(1, count + 1):
            await self.publisher.publish('', t.name, str(number).encode())
        self.channel = await self.link.channel()
        self.consumer = None
        return self

    async def take(self, count, **options):
        """Starts a consumer and waits for its first messages."""
        self.consumer = await self.channel.consume(self.name, **options)
        return await self.more(count)

    async def more(self, count):
        """Waits until the consumer has got `count` messages in all."""
        messages = self.consumer.messages
        if not await self.link.until(lambda: len(messages) >= count):
            raise AssertionError(f'{len(messages)} messages came, not {count}')
        return messages

    async def left(self):
        """Closes the channel and takes, on another, what the queue holds then."""
        await self.channel.close()
        rest = []
        while message := await self.publisher.get(self.name):
            rest.append(int(message.body))
        return rest


def numbers(messages):
    return [int(message.body) for message in messages]


@scenario('get')
async def get(t):
    f = await Filled.make(t, 3)
    first = await f.channel.get(t.name, no_ack=False)
    equal((first.body, first.left, first.redelivered), (b'1', 2, False))
    equal((first.exchange, first.routing_key), ('', t.name))
    await f.channel.ack(first)
    second = await f.channel.get(t.name, no_ack=True)
    equal((second.body, second.left), (b'2', 1))
    equal(await f.left(), [3])


@scenario('get-empty')
async def get_empty(t):
    f = await Filled.make(t, 0)
    equal(await f.channel.get(t.name, no_ack=False), None)
    equal(await f.channel.get(t.name, no_ack=True), None)


@scenario('consume-prefetch')
async def consume_prefetch(t):
    f = await Filled.make(t, 10)
    messages = await f.take(3, prefetch=3)
    equal(numbers(messages), [1, 2, 3])
    _, ready = await f.channel.declare_queue(t.name, passive=True)
    equal(ready, 7, 'ready while three are outstanding:')
    equal(len(messages), 3)
    await f.channel.ack(messages[0])
    equal(numbers(await f.more(4)), [1, 2, 3, 4])
    await f.channel.cancel(f.consumer.tag)
    equal(await f.left(), [2, 3, 4, 5, 6, 7, 8, 9, 10])


@scenario('ack-each')
async def ack_each(t):
    f = await Filled.make(t, 5)
    for message in await f.take(5):
        await f.channel.ack(message)
    equal(await f.left(), [])


@scenario('ack-multiple')
async def ack_multiple(t):
    f = await Filled.make(t, 6)
    messages = await f.take(6)
    await f.channel.ack(messages[3], multiple=True)
    equal(await f.left(), [5, 6])


@scenario('auto-ack')
async def auto_ack(t):
    f = await Filled.make(t, 5)
    equal(numbers(await f.take(5, no_ack=True)), [1, 2, 3, 4, 5])
    equal(await f.left(), [])


@scenario('reject-drop')
async def reject_drop(t):
    f = await Filled.make(t, 3)
    messages = await f.take(3)
    await f.channel.reject(messages[0], requeue=False)
    await f.channel.reject(messages[2], requeue=False)
    equal(await f.left(), [2])


@scenario('nack-multiple')
async def nack_multiple(t):
    f = await Filled.make(t, 4)
    messages = await f.take(4)
    await f.channel.nack(messages[2], multiple=True, requeue=True)
    again = (await f.more(7))[4:]
    equal(numbers(again), [1, 2, 3])
    equal([message.redelivered for message in again], [True, True, True])


@scenario('nack-requeue')
async def nack_requeue(t):
    f = await Filled.make(t, 1)
    messages = await f.take(1)
    equal(messages[0].redelivered, False)
    await f.channel.nack(messages[0], requeue=True)
    again = (await f.more(2))[1]
    equal((again.body, again.redelivered), (b'1', True))
    await f.channel.nack(again, requeue=False)
    equal(await f.left(), [])
