"""py-amqp: single-threaded and blocking, its events come while one drains them.

kombu stands on py-amqp: its adapter takes from here what it does not offer itself.
"""

import asyncio
import contextlib
import datetime
import decimal
import time
from urllib.parse import unquote, urlsplit

import amqp
from amqp import spec

from port import Channel, Client, Link, Message, Subscription

CONNECT_SECONDS = 5
DRAIN_SECONDS = 0.05

#: {name of the port: name of py-amqp}, where they differ
RENAMED = {'headers': 'application_headers'}
PROPERTY_NAMES = (
    'content_type', 'content_encoding', 'headers', 'delivery_mode', 'priority', 'correlation_id',
    'reply_to', 'expiration', 'message_id', 'timestamp', 'type', 'user_id', 'app_id', 'cluster_id',
)

#: {letter: (sent, received)}; a time is given back without its zone.
HEADER_SAMPLES = {
    'S': ('text, Größe, 兎',) * 2,
    't': (True,) * 2,
    'I': (-2147483647,) * 2,
    'L': (-2 ** 63,) * 2,
    'd': (-1.1,) * 2,
    'D': (decimal.Decimal('314.15'),) * 2,
    'T': (datetime.datetime(2023, 11, 14, 22, 13, 20),) * 2,
    'V': (None,) * 2,
    'A': (['text', 1, True, None, ['inner'], {'deep': 'table'}],) * 2,
    'F': ({'text': 'text', 'number': 70000, 'inner': {'list': [1, 2, 3]}},) * 2,
}

#: What is so for kombu too.
NOTES = {
    'header-table': ('the client cannot send headers of type b B s u i l f x',),
    'blocked-unblocked': ('the client does not tell why a connection is blocked',),
}
NO_URLS = 'the client takes no URL'


class PyAmqp(Client):
    name = 'py-amqp'
    version = amqp.__version__
    notes = NOTES | {'connect-default-vhost': (NO_URLS,), 'connect-encoded-vhost': (NO_URLS,)}
    mechanism = 'AMQPLAIN'
    header_samples = HEADER_SAMPLES
    tells_block_reason = False

    async def connect(self, url, heartbeat=None):
        parts = urlsplit(url)
        link = AmqpLink()
        connection = amqp.Connection(
            host=f'{parts.hostname}:{parts.port}', userid=unquote(parts.username),
            password=unquote(parts.password), virtual_host=unquote(parts.path[1:]) or '/',
            heartbeat=heartbeat or 0, connect_timeout=CONNECT_SECONDS,
            on_blocked=link.on_blocked, on_unblocked=link.on_unblocked)
        connection.connect()
        link.connected(connection, connection.server_properties)
        return link

    def reply_code(self, error):
        return error.reply_code


class AmqpLink(Link):
    def __init__(self):
        self._connection = None
        #: The server's last close of a channel; the client does not tell which one it was.
        self.channel_error = None

    def on_blocked(self, reason):
        self.blocked = reason

    def on_unblocked(self):
        self.blocked = None

    def connected(self, connection, server_properties):
        self._connection = connection
        self.server_properties = server_properties

    def call(self, method, *arguments, **named):
        """Calls a method of the client; remembers when that finds the connection lost."""
        try:
            return method(*arguments, **named)
        except (amqp.ConnectionError, OSError) as error:
            self.lost = error
            raise

    def work(self):
        """Lets the client handle one event, if there is one soon, and its heartbeats."""
        self.call(self._drain)
        self.call(self._tick)

    def _drain(self):
        # That nothing came is no error.
        with contextlib.suppress(TimeoutError):
            self._connection.drain_events(timeout=DRAIN_SECONDS)

    def _tick(self):
        self._connection.heartbeat_tick()

    async def channel(self, confirm=False):
        return AmqpChannel(self, self.call(self._connection.channel), confirm)

    async def until(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if self.lost or time.monotonic() > end:
                return False
            try:
                self.work()
            except amqp.ChannelError as error:
                self.channel_error = error
            except (amqp.ConnectionError, OSError):
                continue  # It is in `lost` already.
        return True

    async def close(self):
        if not self.lost:
            self._connection.close()


class AmqpChannel(Channel):
    def __init__(self, link, raw, confirm):
        self._link = link
        self._raw = raw
        self._published = 0 if confirm else None
        self._unconfirmed = set()
        #: {tag: the returns that came before its confirm}
        self._confirmed = {}
        #: Returns that no confirm has followed yet.
        self._returned = []
        if confirm:
            self._call(raw.confirm_select)
            raw.events['basic_return'].add(self._on_return)
            raw.events['basic_ack'].add(self._on_ack)
            raw.events['basic_nack'].add(self._on_nack)

    @property
    def closed(self):
        return self._link.channel_error

    def _call(self, method, *arguments, **named):
        return self._link.call(method, *arguments, **named)

    def _on_return(self, error, exchange, key, message):
        self._returned.append(Message(
            body=message.body or b'', properties=to_properties(message), exchange=exchange,
            routing_key=key, reply_code=error.reply_code, reply_text=error.reply_text))

    def _on_ack(self, tag, multiple):
        settled = {each for each in self._unconfirmed
                   if each == tag or (multiple and each < tag)}
        self._unconfirmed -= settled
        self._confirmed |= dict.fromkeys(settled, self._returned)
        self._returned = []

    def _on_nack(self, tag, _multiple):
        raise RuntimeError(f'not confirmed: {tag}')

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False, arguments=None):
        ok = self._call(self._raw.queue_declare, name, passive=passive, durable=durable,
                        exclusive=exclusive, auto_delete=auto_delete,
                        arguments=arguments)
        return ok.queue, ok.message_count

    async def delete_queue(self, name):
        self._call(self._raw.queue_delete, name)

    async def bind_queue(self, queue, exchange, key, arguments=None):
        self._call(self._raw.queue_bind, queue, exchange, key, arguments=arguments)

    async def unbind_queue(self, queue, exchange, key):
        self._call(self._raw.queue_unbind, queue, exchange, key)

    async def declare_exchange(self, name, kind):
        self._call(self._raw.exchange_declare, name, kind, auto_delete=True)

    async def bind_exchange(self, destination, source, key):
        self._call(self._raw.exchange_bind, destination, source, key)

    async def publish(self, exchange, key, body, properties=None, mandatory=False):
        self._send(exchange, key, body, properties or {}, mandatory)
        if self._published is None:
            return []
        self._published += 1
        tag = self._published
        self._unconfirmed.add(tag)
        # The others of a batch are sent before the first confirm is waited for.
        await asyncio.sleep(0)
        while tag not in self._confirmed:
            self._link.work()
        return self._confirmed[tag]

    def _send(self, exchange, key, body, properties, mandatory):
        renamed = {RENAMED.get(name, name): value for name, value in properties.items()}
        self._call(self._raw.basic_publish, amqp.Message(body, **renamed), exchange=exchange,
                   routing_key=key, mandatory=mandatory)

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        if prefetch is not None:
            self._call(self._raw.basic_qos, 0, prefetch, False)
        subscription = Subscription()

        def on_cancel(_tag):
            subscription.cancelled = True

        subscription.tag = self._call(
            self._raw.basic_consume, queue, no_ack=no_ack, arguments=arguments,
            on_cancel=on_cancel,
            callback=lambda message: subscription.messages.append(to_message(message)))
        return subscription

    async def limit_octets(self, prefetch_size):
        self._call(self._raw.basic_qos, prefetch_size, 0, False)

    async def cancel(self, tag):
        self._call(self._raw.basic_cancel, tag)

    async def ack(self, message, multiple=False):
        self._call(self._raw.basic_ack, message.tag, multiple)

    async def nack(self, message, multiple=False, requeue=True):
        # There is no basic_nack; `Lbb` says how the arguments are written.
        self._call(self._raw.send_method, spec.Basic.Nack, 'Lbb', (message.tag, multiple, requeue))

    async def reject(self, message, requeue):
        self._call(self._raw.basic_reject, message.tag, requeue)

    async def get(self, queue, no_ack=True):
        message = self._call(self._raw.basic_get, queue, no_ack=no_ack)
        return None if message is None else to_message(message)

    async def tx_select(self):
        self._call(self._raw.tx_select)

    async def tx_commit(self):
        self._call(self._raw.tx_commit)

    async def tx_rollback(self):
        self._call(self._raw.tx_rollback)

    async def close(self):
        self._call(self._raw.close)


def to_properties(message):
    return {name: message.properties.get(RENAMED.get(name, name)) for name in PROPERTY_NAMES}


def to_message(message):
    """From what py-amqp or kombu gives for a deliver or a get-ok."""
    info = message.delivery_info
    return Message(
        body=message.body or b'',
        properties=to_properties(message),
        exchange=info['exchange'],
        routing_key=info['routing_key'],
        redelivered=info['redelivered'],
        tag=info['delivery_tag'],
        left=info.get('message_count', 0),
        raw=message,
    )
