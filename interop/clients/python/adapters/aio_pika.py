"""aio-pika on asyncio, and for its recovery connect_robust.

What aio-pika leaves to aiormq, the library under it, is asked there, through what aio-pika gives
out of it (`get_underlay_channel`, `transport.connection`).
"""

import asyncio
import datetime
import decimal
import logging

import aio_pika
import aiormq

from harness import until
from port import Channel, Client, Link, Message, Recovering, Subscription

CONNECT_SECONDS = 5
RECONNECT_SECONDS = 0.2

MOMENT = datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc)

#: {letter: (sent, received)}; whole numbers are sent in the smallest type that holds them.
HEADER_SAMPLES = {
    'S': ('text, Größe, 兎',) * 2,
    'x': (bytearray(b'\x00\x01\xfe\xff'),) * 2,
    't': (True,) * 2,
    'b': (-128,) * 2,
    's': (-32768,) * 2,
    'u': (65535,) * 2,
    'I': (-2147483648,) * 2,
    'i': (4294967295,) * 2,
    'l': (-2 ** 63,) * 2,
    'f': (1.5,) * 2,
    'D': (decimal.Decimal('314.15'),) * 2,
    'T': (MOMENT,) * 2,
    'V': (None,) * 2,
    'A': (['text', 1, True, None, ['inner'], {'deep': 'table'}],) * 2,
    'F': ({'text': 'text', 'number': 70000, 'inner': {'list': [1, 2, 3]}},) * 2,
}

#: The client reports the codes of these closes as classes.
CODES = {
    aiormq.exceptions.ConnectionNotAllowed: 530,
    aiormq.exceptions.ConnectionNotImplemented: 540,
}

SAME_PROPERTIES = (
    'content_type', 'content_encoding', 'headers', 'delivery_mode', 'priority', 'correlation_id',
    'reply_to', 'message_id', 'type', 'user_id', 'app_id', 'cluster_id',
)


class AioPika(Client):
    name = 'aio-pika'
    version = aio_pika.__version__
    notes = {
        'connect-missing-vhost': ('the client tells of a close, and not its reason',),
        'mandatory-return': ('the client gives a return in place of its confirm',),
        'unicode': ('the client refuses such names for exchanges and queues',),
        'header-table': ('the client cannot send headers of type B L d',),
        'properties-all': ('the client cannot send cluster_id',),
        'blocked-unblocked': ('the client tells why in its log only',),
    }
    vhost_refusal = 'got <Connection.Close'
    unicode_names = False
    header_samples = HEADER_SAMPLES
    unsendable_properties = ('cluster_id',)
    recovers = True

    async def connect(self, url, heartbeat=None):
        return AioPikaLink(
            await aio_pika.connect(url, timeout=CONNECT_SECONDS, heartbeat=heartbeat))

    async def recovering(self, url, queue):
        connection = await aio_pika.connect_robust(
            url, timeout=CONNECT_SECONDS, reconnect_interval=RECONNECT_SECONDS)
        channel = await connection.channel(publisher_confirms=True)
        return await AioPikaRecovering(connection, channel, queue).begin()

    def reply_code(self, error):
        return CODES.get(type(error))


class BlockedLog(logging.Handler):
    """Reads, of what aiormq logs, why the connection of a link is blocked."""

    def __init__(self, connection, link):
        super().__init__(logging.WARNING)
        self._connection = connection
        self._link = link
        self._waiting = None

    def emit(self, record):
        if 'was blocked by' in record.msg and record.args[0] is self._connection:
            self._link.blocked = record.args[1]
            self._waiting = asyncio.ensure_future(self._wait())

    async def _wait(self):
        await self._connection.ready()
        self._link.blocked = None


class AioPikaLink(Link):
    _log = logging.getLogger('aiormq.connection')

    def __init__(self, connection):
        self._connection = connection
        self.server_properties = connection.transport.connection.server_properties
        connection.close_callbacks.add(self._on_close)
        self._blocked_log = BlockedLog(connection.transport.connection, self)
        self._log.addHandler(self._blocked_log)

    def _on_close(self, _connection, error):
        self.lost = error

    async def channel(self, confirm=False):
        channel = await self._connection.channel(publisher_confirms=confirm)
        return AioPikaChannel(channel, await channel.get_underlay_channel())

    async def until(self, condition, seconds=10):
        return await until(condition, seconds)

    async def close(self):
        self._log.removeHandler(self._blocked_log)
        await self._connection.close()


class AioPikaChannel(Channel):
    def __init__(self, raw, underlay):
        self._raw = raw
        self._queues = {}
        self._subscriptions = {}
        self._transaction = None
        raw.close_callbacks.add(self._on_close)
        underlay.on_consumer_cancel_callbacks.add(self._on_cancel)

    def _on_close(self, _channel, error):
        self.closed = error

    def _on_cancel(self, frame):
        self._subscriptions[frame.consumer_tag].cancelled = True

    async def _queue(self, name):
        return await self._raw.get_queue(name, ensure=False)

    async def _exchange(self, name):
        if name == '':
            return self._raw.default_exchange
        return await self._raw.get_exchange(name, ensure=False)

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False, arguments=None):
        queue = await self._raw.declare_queue(name, durable=durable, exclusive=exclusive,
                                              auto_delete=auto_delete, passive=passive,
                                              arguments=arguments)
        return queue.name, queue.declaration_result.message_count

    async def delete_queue(self, name):
        await self._raw.queue_delete(name)

    async def bind_queue(self, queue, exchange, key, arguments=None):
        await (await self._queue(queue)).bind(exchange, key, arguments=arguments)

    async def unbind_queue(self, queue, exchange, key):
        await (await self._queue(queue)).unbind(exchange, key)

    async def declare_exchange(self, name, kind):
        await self._raw.declare_exchange(name, kind, auto_delete=True)

    async def bind_exchange(self, destination, source, key):
        await (await self._exchange(destination)).bind(source, key)

    async def publish(self, exchange, key, body, properties=None, mandatory=False):
        target = await self._exchange(exchange)
        result = await target.publish(to_aio_pika(body, properties or {}), key,
                                      mandatory=mandatory)
        # A returned message takes the place of the confirm.
        return [to_returned(result)] if isinstance(result, aiormq.abc.DeliveredMessage) else []

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        if prefetch is not None:
            await self._raw.set_qos(prefetch)
        subscription = Subscription()

        async def on_message(message):
            subscription.messages.append(to_message(message))

        source = await self._queue(queue)
        subscription.tag = await source.consume(
            on_message, no_ack=no_ack, arguments=arguments)
        self._queues[subscription.tag] = source
        self._subscriptions[subscription.tag] = subscription
        return subscription

    async def limit_octets(self, prefetch_size):
        await self._raw.set_qos(prefetch_size=prefetch_size)

    async def cancel(self, tag):
        await self._queues[tag].cancel(tag)

    async def ack(self, message, multiple=False):
        await message.raw.ack(multiple)

    async def nack(self, message, multiple=False, requeue=True):
        await message.raw.nack(multiple, requeue)

    async def reject(self, message, requeue):
        await message.raw.reject(requeue)

    async def get(self, queue, no_ack=True):
        message = await (await self._queue(queue)).get(no_ack=no_ack, fail=False)
        return None if message is None else to_message(message)

    async def tx_select(self):
        self._transaction = self._raw.transaction()
        await self._transaction.select()

    async def tx_commit(self):
        await self._transaction.commit()

    async def tx_rollback(self):
        await self._transaction.rollback()

    async def close(self):
        await self._raw.close()


class AioPikaRecovering(Recovering):
    def __init__(self, connection, channel, queue):
        super().__init__()
        self._connection = connection
        self._channel = channel
        self._queue = queue
        connection.close_callbacks.add(self._on_close)

    async def begin(self):
        queue = await self._channel.declare_queue(self._queue)
        await queue.consume(self._on_message, no_ack=True)
        return self

    def _on_close(self, _connection, _error):
        self.lost = True

    async def _on_message(self, message):
        self.received.append(message.body)

    async def publish(self, body):
        # A robust channel keeps no messages: it tells when it is there again.
        await self._channel.ready()
        await self._channel.default_exchange.publish(aio_pika.Message(body), self._queue)

    async def close(self):
        await self._connection.close()


def to_aio_pika(body, properties):
    """A message to send; the client takes a time to live in seconds."""
    given = dict(properties)
    if 'expiration' in given:
        given['expiration'] = int(given['expiration']) / 1000
    return aio_pika.Message(body, **given)


def to_message(message, **more):
    """From what the client gives for a deliver or a get-ok; times in the units of AMQP again."""
    properties = {name: getattr(message, name) for name in SAME_PROPERTIES}
    properties['expiration'] = message.expiration and str(round(message.expiration * 1000))
    properties['timestamp'] = message.timestamp and int(message.timestamp.timestamp())
    return Message(
        body=message.body,
        properties=properties,
        exchange=message.exchange,
        routing_key=message.routing_key,
        redelivered=message.redelivered,
        tag=message.delivery_tag,
        left=message.message_count,
        raw=message,
        **more,
    )


def to_returned(delivered):
    return to_message(aio_pika.IncomingMessage(delivered, no_ack=True),
                      reply_code=delivered.delivery.reply_code,
                      reply_text=delivered.delivery.reply_text)
