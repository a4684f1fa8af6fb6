"""Scenarios of what a message carries: sizes, Unicode, headers of every type, properties."""

import os
from urllib.parse import unquote, urlsplit

from harness import equal, scenario

TEN_MIB = 10 * 1024 * 1024
PRIORITIES = (*range(10), 255)
#: From 1970 to what no longer fits 31 bits, and to the end of the century.
TIMESTAMPS = (0, 1, 1_000_000_000, 2_147_483_648, 4_102_444_800)


async def confirmed(t):
    """A link and a confirm channel, with an exclusive queue named as the scenario."""
    link = await t.connect()
    channel = await link.channel(confirm=True)
    await channel.declare_queue(t.name, exclusive=True)
    return link, channel


@scenario('body-empty')
async def body_empty(t):
    _, channel = await confirmed(t)
    await channel.publish('', t.name, b'', {'type': 'empty'})
    message = await channel.get(t.name)
    equal((message.body, message.properties['type']), (b'', 'empty'))


@scenario('body-10mib')
async def body_10mib(t):
    link, channel = await confirmed(t)
    body = os.urandom(TEN_MIB)
    await channel.publish('', t.name, body)
    consumer = await channel.consume(t.name, no_ack=True)
    await link.until(lambda: consumer.messages, seconds=20)
    equal(len(consumer.messages), 1, 'messages:')
    equal(len(consumer.messages[0].body), TEN_MIB, 'octets:')
    if consumer.messages[0].body != body:
        raise AssertionError('the bytes differ')


@scenario('unicode')
async def unicode(t):
    _, channel = await confirmed(t)
    exchange, queue = f'{t.name}.exchange', f'{t.name}.queue'
    if t.client.unicode_names:
        exchange, queue = f'{t.name}.交換機.обмен', f'{t.name}.очередь.队列.🐇'
    key, text = 'ключ.🐇.größe', 'Grüße, 兎 and 🐇, e\u0301'
    await channel.declare_exchange(exchange, 'topic')
    equal(await channel.declare_queue(queue, exclusive=True), (queue, 0))
    await channel.bind_queue(queue, exchange, 'ключ.*.größe')
    await channel.publish(exchange, key, text.encode(), {'headers': {'ключ': text}})
    message = await channel.get(queue)
    equal((message.exchange, message.routing_key), (exchange, key))
    equal(message.body.decode(), text)
    equal(message.properties['headers'], {'ключ': text})


@scenario('header-table')
async def header_table(t):
    _, channel = await confirmed(t)
    samples = t.client.header_samples
    headers = {letter: sent for letter, (sent, _) in samples.items()}
    await channel.publish('', t.name, b'x', {'headers': headers})
    got = (await channel.get(t.name)).properties['headers']
    equal(set(got), set(samples), 'keys:')
    for letter, (_, expected) in samples.items():
        equal(got[letter], expected, letter)
        equal(type(got[letter]), type(expected), letter)


@scenario('properties-all')
async def properties_all(t):
    _, channel = await confirmed(t)
    sent = {
        'content_type': 'application/octet-stream',
        'content_encoding': 'identity',
        'headers': {'key': 'value'},
        'delivery_mode': 2,
        'priority': 9,
        'correlation_id': 'correlation-1',
        'reply_to': 'reply.queue',
        'expiration': '3600000',
        'message_id': 'message-1',
        'timestamp': 1_700_000_000,
        'type': 'type-1',
        'user_id': unquote(urlsplit(t.url).username),
        'app_id': 'app-1',
        'cluster_id': 'cluster-1',
    }
    for name in t.client.unsendable_properties:
        del sent[name]
    await channel.publish('', t.name, b'x', sent)
    got = (await channel.get(t.name)).properties
    for name, value in sent.items():
        equal(got[name], value, name)


@scenario('priorities-timestamps')
async def priorities_timestamps(t):
    _, channel = await confirmed(t)
    sent = [{'priority': value} for value in PRIORITIES]
    sent += [{'timestamp': value} for value in TIMESTAMPS]
    for properties in sent:
        await channel.publish('', t.name, b'x', properties)
    for properties in sent:
        got = (await channel.get(t.name)).properties
        equal({name: got[name] for name in properties}, properties)
