"""Scenarios of what goes wrong and what must go on.

Cancelled consumers, closed channels, a closed connection, locks; and of many channels, request and
reply, silence, and a blocked connection.
"""

import asyncio
import time

from harness import contains, equal, scenario

REPLY_TO = 'amq.rabbitmq.reply-to'
SILENCE_SECONDS = 5


async def exchanges_one_message(channel, queue):
    """Declares, publishes, gets: shows that a confirm channel works."""
    await channel.declare_queue(queue, exclusive=True)
    await channel.publish('', queue, b'alive')
    equal((await channel.get(queue)).body, b'alive')


async def fails(awaitable, text):
    """Awaits what must fail, with `text` in what the client reports."""
    try:
        await awaitable
    except Exception as error:  # pylint: disable=broad-except
        # With both kinds of quotes in it, a text is written with one kind escaped.
        contains(repr(error).replace("\\'", "'"), text)
        return
    raise AssertionError(f'no error; expected {text!r}')


@scenario('consumer-cancel')
async def consumer_cancel(t):
    link = await t.connect()
    channel, other = await link.channel(), await link.channel()
    await channel.declare_queue(t.name, exclusive=True)
    consumer = await channel.consume(t.name)
    await other.delete_queue(t.name)
    equal(await link.until(lambda: consumer.cancelled), True, 'cancelled:')
    await exchanges_one_message(await link.channel(confirm=True), f'{t.name}.after')


@scenario('two-channels-one-error')
async def two_channels_one_error(t):
    link = await t.connect()
    good, bad = await link.channel(confirm=True), await link.channel()
    await good.declare_queue(t.name, exclusive=True)
    consumer = await good.consume(t.name, no_ack=True)
    await fails(bad.declare_queue(f'{t.name}.missing', passive=True),
                f"NOT_FOUND - no queue '{t.name}.missing' in vhost '/'")
    await good.publish('', t.name, b'still here')
    await link.until(lambda: consumer.messages)
    equal([message.body for message in consumer.messages], [b'still here'])


@scenario('channel-error-survived')
async def channel_error_survived(t):
    link = await t.connect()
    first = await link.channel()
    await first.publish(f'{t.name}.missing', 'key', b'x')
    equal(await link.until(lambda: first.closed), True, 'closed:')
    contains(repr(first.closed), f"NOT_FOUND - no exchange '{t.name}.missing' in vhost '/'")
    await exchanges_one_message(await link.channel(confirm=True), t.name)


@scenario('connection-error-reported')
async def connection_error_reported(t):
    link = await t.connect()
    channel = await link.channel()
    text = 'NOT_IMPLEMENTED - prefetch_size!=0 (1)'
    await fails(channel.limit_octets(1), text)
    await link.until(lambda: link.lost)
    equal(t.client.reply_code(link.lost), 540)
    contains(repr(link.lost), text)


@scenario('exclusive-queue-locked')
async def exclusive_queue_locked(t):
    owner, other = await t.connect(), await t.connect()
    owned = await owner.channel(confirm=True)
    await owned.declare_queue(t.name, exclusive=True)
    locked = (f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{t.name}'"
              " in vhost '/'")
    await fails((await other.channel()).declare_queue(t.name, exclusive=True), locked)
    await fails((await other.channel()).get(t.name), locked)
    await fails((await other.channel()).consume(t.name), locked)
    await owned.publish('', t.name, b'mine')
    equal((await owned.get(t.name)).body, b'mine')


@scenario('rpc-direct-reply-to')
async def rpc_direct_reply_to(t):
    asking, answering = await t.connect(), await t.connect()
    server, client = await answering.channel(), await asking.channel()
    await server.declare_queue(t.name, auto_delete=True)
    requests = await server.consume(t.name, no_ack=True)
    replies = await client.consume(REPLY_TO, no_ack=True)
    for count, question in enumerate(('one', 'two', 'three'), start=1):
        properties = {'reply_to': REPLY_TO, 'correlation_id': question}
        await client.publish('', t.name, question.encode(), properties)
        await answering.until(lambda n=count: len(requests.messages) == n)
        request = requests.messages[-1]
        equal(request.properties['reply_to'].startswith(f'{REPLY_TO}.'), True, 'reply_to:')
        await server.publish('', request.properties['reply_to'], request.body.upper(),
                             {'correlation_id': request.properties['correlation_id']})
        await asking.until(lambda n=count: len(replies.messages) == n)
        equal(replies.messages[-1].properties['correlation_id'], question)
        equal(replies.messages[-1].body, question.upper().encode())


@scenario('channels-1000')
async def channels_1000(t):
    link = await t.connect()
    channels = await asyncio.gather(*(link.channel() for _ in range(1000)))
    await channels[0].declare_queue(t.name, exclusive=True)
    consumer = await channels[0].consume(t.name, no_ack=True)
    await asyncio.gather(*(channel.publish('', t.name, str(number).encode())
                           for number, channel in enumerate(channels)))
    await link.until(lambda: len(consumer.messages) == 1000)
    equal({int(message.body) for message in consumer.messages}, set(range(1000)))


@scenario('blocked-unblocked')
async def blocked_unblocked(t):
    broker = t.own_broker()
    url = await broker.start()
    link = await t.connect(url)
    channel = await link.channel()
    await channel.declare_queue(t.name)
    await broker.block()
    # RabbitMQ may tell a connection only after it has published.
    await channel.publish('', t.name, b'meanwhile')
    equal(await link.until(lambda: link.blocked), True, 'told:')
    if t.client.tells_block_reason:
        equal(link.blocked, 'low on memory')
    await broker.unblock()
    equal(await link.until(lambda: not link.blocked), True, 'told that it is over:')
    observer = await (await t.connect(url)).channel()
    equal((await arrives(observer, t.name)).body, b'meanwhile')


async def arrives(channel, queue):
    """Asks a queue for a message until it has one; the time limit of the scenario ends that."""
    while (message := await channel.get(queue)) is None:
        await asyncio.sleep(0.02)
    return message


@scenario('heartbeat-silence')
async def heartbeat_silence(t):
    link = await t.connect(heartbeat=1)
    channel = await link.channel(confirm=True)
    # The silence is what is under test: only heartbeats may keep the connection.
    end = time.monotonic() + SILENCE_SECONDS
    await link.until(lambda: link.lost or time.monotonic() > end)
    equal(link.lost, None, 'lost in silence:')
    await exchanges_one_message(channel, t.name)
