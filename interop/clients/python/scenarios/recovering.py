"""Scenarios in which a broker of the scenario's own is killed with SIGKILL under the client.

The broker keeps nothing over its death here: queues are declared again by the client's own
recovery.
"""

import asyncio

from harness import equal, scenario, until
from port import Skip


@scenario('broker-killed-reported')
async def broker_killed_reported(t):
    broker = t.own_broker()
    link = await t.connect(await broker.start())
    channel = await link.channel()
    await channel.declare_queue(t.name)
    await channel.consume(t.name)
    await broker.kill()
    equal(await link.until(lambda: link.lost), True, 'lost:')
    equal(isinstance(link.lost, Exception), True, 'reported:')


async def recovering(t):
    """A broker, its URL and a connection that comes back by itself."""
    if not t.client.recovers:
        raise Skip('the client has no recovery of its own')
    broker = t.own_broker()
    url = await broker.start()
    connection = await t.client.recovering(url, t.name)
    t.after(connection.close)
    return broker, url, connection


async def receives(connection, *bodies):
    """Waits for the next messages of a recovering connection, which may come in any order."""
    await until(lambda: len(connection.received) >= len(bodies))
    equal(sorted(connection.received), sorted(bodies))
    connection.received.clear()


@scenario('recover-publisher')
async def recover_publisher(t):
    broker, _, connection = await recovering(t)
    await connection.publish(b'before')
    await receives(connection, b'before')
    await broker.kill()
    equal(await until(lambda: connection.lost), True, 'lost:')
    bodies = [b'down 1', b'down 2', b'down 3']
    publishes = [asyncio.ensure_future(connection.publish(body)) for body in bodies]
    t.after(lambda: [publish.cancel() for publish in publishes])
    await asyncio.sleep(0)
    equal([publish.done() for publish in publishes], [False] * 3, 'confirmed by nobody:')
    await broker.start()
    await asyncio.gather(*publishes)
    await receives(connection, *bodies)


@scenario('recover-consumer')
async def recover_consumer(t):
    broker, url, connection = await recovering(t)
    await connection.publish(b'first')
    await receives(connection, b'first')
    await broker.kill()
    equal(await until(lambda: connection.lost), True, 'lost:')
    await broker.start()
    # Another client's message: only the recovered consumer can take it.
    channel = await (await t.connect(url)).channel(confirm=True)
    await channel.declare_queue(t.name)
    await channel.publish('', t.name, b'second')
    await receives(connection, b'second')
