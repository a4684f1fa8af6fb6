"""Scenarios of opening a connection, and of being refused."""

import re
from urllib.parse import urlsplit

from harness import contains, equal, scenario

CAPABILITIES = {
    'publisher_confirms', 'exchange_exchange_bindings', 'basic.nack', 'consumer_cancel_notify',
    'connection.blocked', 'consumer_priorities', 'authentication_failure_close',
    'per_consumer_qos', 'direct_reply_to',
}


@scenario('connect-default-vhost')
async def default_vhost(t):
    await connects_to(t, t.url)


@scenario('connect-encoded-vhost')
async def encoded_vhost(t):
    await connects_to(t, f'{t.url}/%2F')


@scenario('connect-missing-vhost')
async def missing_vhost(t):
    error = await refusal(t, f'{t.url}/no-such-vhost')
    contains(repr(error), t.client.vhost_refusal)


@scenario('connect-wrong-password')
async def wrong_password(t):
    parts = urlsplit(t.url)
    error = await refusal(t, f'amqp://{parts.username}:wrong@{parts.hostname}:{parts.port}')
    contains(repr(error), 'ACCESS_REFUSED - Login was refused using authentication mechanism '
                          f'{t.client.mechanism}. For details see the broker logfile.')


@scenario('server-properties')
async def server_properties(t):
    properties = (await t.connect()).server_properties
    equal(properties['product'], 'RabbitMQ')
    if not re.match(r'\d+\.\d+\.\d+', properties['version']):
        raise AssertionError(f'version {properties["version"]!r}')
    for key in ('platform', 'copyright', 'information', 'cluster_name'):
        equal(type(properties[key]), str, key)
    equal(properties['capabilities'], dict.fromkeys(CAPABILITIES, True))


async def connects_to(t, url):
    """Connects and does one round trip, where the error text shows which vhost it is."""
    channel = await (await t.connect(url)).channel()
    try:
        await channel.declare_queue(t.name, passive=True)
    except Exception as error:  # pylint: disable=broad-except
        contains(repr(error), "in vhost '/'")
    else:
        raise AssertionError('found a queue that nobody declared')


async def refusal(t, url):
    try:
        await t.connect(url)
    except Exception as error:  # pylint: disable=broad-except
        return error
    raise AssertionError('the broker let it in')
