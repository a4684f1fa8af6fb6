"""Scenarios of publishing: confirms, returns, transactions."""

import asyncio
import itertools

from harness import equal, scenario


@scenario('confirm-single')
async def confirm_single(t):
    channel = await (await t.connect()).channel(confirm=True)
    await channel.declare_queue(t.name, durable=True)
    t.after(lambda: channel.delete_queue(t.name))
    await channel.publish('', t.name, b'kept', {'delivery_mode': 2})
    message = await channel.get(t.name)
    equal(message.body, b'kept')
    equal(message.properties['delivery_mode'], 2)


@scenario('confirm-batch-1000')
async def confirm_batch(t):
    link = await t.connect()
    channel = await link.channel(confirm=True)
    await channel.declare_queue(t.name, exclusive=True)
    bodies = [str(number).encode() for number in range(1000)]
    await asyncio.gather(*(channel.publish('', t.name, body) for body in bodies))
    equal(await channel.declare_queue(t.name, passive=True), (t.name, 1000))
    consumer = await channel.consume(t.name, no_ack=True)
    await link.until(lambda: len(consumer.messages) == 1000)
    equal([message.body for message in consumer.messages], bodies)


@scenario('confirm-batches')
async def confirm_batches(t):
    link = await t.connect()
    channel = await link.channel(confirm=True)
    await channel.declare_queue(t.name, exclusive=True)
    batches = [[f'{batch}.{number}'.encode() for number in range(100)] for batch in range(10)]
    for count, batch in enumerate(batches, start=1):
        await asyncio.gather(*(channel.publish('', t.name, body) for body in batch))
        equal(await channel.declare_queue(t.name, passive=True), (t.name, count * 100))
    consumer = await channel.consume(t.name, no_ack=True)
    await link.until(lambda: len(consumer.messages) == 1000)
    equal([message.body for message in consumer.messages], list(itertools.chain(*batches)))


@scenario('mandatory-return')
async def mandatory_return(t):
    channel = await (await t.connect()).channel(confirm=True)
    properties = {'message_id': 'm-1', 'content_type': 'application/x-test'}
    returned = await channel.publish('amq.direct', t.name, b'lost', properties, mandatory=True)
    equal(len(returned), 1, 'returns before the confirm')
    message = returned[0]
    equal((message.reply_code, message.reply_text), (312, 'NO_ROUTE'))
    equal((message.exchange, message.routing_key), ('amq.direct', t.name))
    equal(message.body, b'lost')
    for name, value in properties.items():
        equal(message.properties[name], value, name)


async def transactional(t):
    """A channel in tx mode, and a function that counts ready messages on another channel."""
    link = await t.connect()
    channel, observer = await link.channel(), await link.channel()
    await observer.declare_queue(t.name, exclusive=True)
    await channel.tx_select()

    async def ready():
        _, count = await observer.declare_queue(t.name, passive=True)
        return count

    return channel, ready


@scenario('tx-commit')
async def tx_commit(t):
    channel, ready = await transactional(t)
    await channel.publish('', t.name, b'one')
    await channel.publish('', t.name, b'two')
    equal(await ready(), 0)
    await channel.tx_commit()
    equal(await ready(), 2)
    await channel.ack(await channel.get(t.name, no_ack=False))
    await channel.tx_commit()
    await channel.close()
    equal(await ready(), 1, 'an acked message does not come back:')


@scenario('tx-rollback')
async def tx_rollback(t):
    channel, ready = await transactional(t)
    await channel.publish('', t.name, b'kept')
    await channel.tx_commit()
    await channel.publish('', t.name, b'dropped')
    first = await channel.get(t.name, no_ack=False)
    equal(first.body, b'kept')
    await channel.ack(first)
    await channel.tx_rollback()
    equal(await ready(), 0, 'rollback does not redeliver:')
    await channel.close()
    equal(await ready(), 1, 'the ack was forgotten, the publish too:')
