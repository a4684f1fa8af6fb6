"""Scenarios of each exchange type: declare, bind, publish, look which queue got what."""

from harness import equal, scenario

TOPICS = {
    'stock.*.nyse': ['stock.usd.nyse'],
    'stock.#': ['stock.usd.nyse', 'stock', 'stock.usd'],
    '#': ['stock.usd.nyse', 'stock', 'stock.usd', 'quick.orange.rabbit', 'a..b', ''],
    '*.orange.*': ['quick.orange.rabbit'],
    '*': ['stock'],
    'a.*.b': ['a..b'],
    '#.usd.#': ['stock.usd.nyse', 'stock.usd'],
}


class Setting:
    """An exchange on a confirm channel: after a publish the message is in its queues."""

    @staticmethod
    async def make(t, kind):
        self = Setting()
        self.name = t.name
        self.channel = await (await t.connect()).channel(confirm=True)
        await self.channel.declare_exchange(t.name, kind)
        return self

    async def queue(self, suffix):
        name, _ = await self.channel.declare_queue(f'{self.name}.{suffix}', exclusive=True)
        return name

    async def bind(self, queue, key, arguments=None):
        await self.channel.bind_queue(queue, self.name, key, arguments)

    async def send(self, *keys):
        """Publishes each key with itself as the body."""
        for key in keys:
            await self.channel.publish(self.name, key, key.encode())

    async def received(self, queue):
        """Takes all that is in a queue."""
        bodies = []
        while message := await self.channel.get(queue):
            bodies.append(message.body.decode())
        return bodies


@scenario('exchange-direct')
async def direct(t):
    s = await Setting.make(t, 'direct')
    red, both = await s.queue('red'), await s.queue('both')
    await s.bind(red, 'red')
    await s.bind(both, 'red')
    await s.bind(both, 'blue')
    await s.send('red', 'blue', 'redder')
    equal(await s.received(red), ['red'])
    equal(await s.received(both), ['red', 'blue'])
    await s.channel.unbind_queue(both, s.name, 'red')
    await s.send('red', 'blue')
    equal(await s.received(both), ['blue'])


@scenario('exchange-fanout')
async def fanout(t):
    s = await Setting.make(t, 'fanout')
    queues = [await s.queue(str(number)) for number in range(3)]
    for queue in queues:
        await s.bind(queue, 'ignored')
    await s.send('any', '')
    for queue in queues:
        equal(await s.received(queue), ['any', ''])


@scenario('exchange-topic')
async def topic(t):
    s = await Setting.make(t, 'topic')
    queues = {pattern: await s.queue(str(number)) for number, pattern in enumerate(TOPICS)}
    for pattern, queue in queues.items():
        await s.bind(queue, pattern)
    await s.send(*TOPICS['#'])
    for pattern, expected in TOPICS.items():
        equal(await s.received(queues[pattern]), expected, pattern)


@scenario('exchange-headers')
async def headers(t):
    s = await Setting.make(t, 'headers')
    every, some = await s.queue('all'), await s.queue('any')
    pair = {'format': 'pdf', 'kind': 'report'}
    await s.bind(every, '', {'x-match': 'all', **pair})
    await s.bind(some, '', {'x-match': 'any', **pair})
    tries = {
        'both': {'headers': pair},
        'one': {'headers': {'format': 'pdf', 'kind': 'log'}},
        'other': {'headers': {'format': 'zip'}},
        'bare': {},
    }
    for body, properties in tries.items():
        await s.channel.publish(s.name, '', body.encode(), properties)
    equal(await s.received(every), ['both'])
    equal(await s.received(some), ['both', 'one'])


@scenario('exchange-to-exchange')
async def exchange_to_exchange(t):
    s = await Setting.make(t, 'topic')
    inner, target = f'{t.name}.fanout', await s.queue('target')
    await s.channel.declare_exchange(inner, 'fanout')
    await s.channel.bind_exchange(inner, s.name, 'log.#')
    await s.channel.bind_queue(target, inner, '')
    # A second way to the same queue must not give a second copy.
    await s.bind(target, 'log.error')
    await s.send('log.error', 'log.info', 'other')
    equal(await s.received(target), ['log.error', 'log.info'])
