"""pika's BlockingConnection."""

import time

import pika
from pika import exceptions

from adapters.pika_common import (HEADER_NOTE, HEADER_SAMPLES, parameters, to_message,
                                  to_properties, watch_blocking)
from port import Channel, Client, Link, Subscription

ONE_BY_ONE = 'the client waits for each confirm before it publishes again'


class PikaBlocking(Client):
    name = 'pika-blocking'
    version = pika.__version__
    notes = {
        'confirm-batch-1000': (ONE_BY_ONE,),
        'confirm-batches': (ONE_BY_ONE,),
        'header-table': (HEADER_NOTE,),
    }
    header_samples = HEADER_SAMPLES

    async def connect(self, url, heartbeat=None):
        return BlockingLink(pika.BlockingConnection(parameters(url, heartbeat)))

    def reply_code(self, error):
        return error.reply_code


class BlockingLink(Link):
    def __init__(self, connection):
        self._connection = connection
        # The blocking connection shows neither of these itself.
        implementation = connection._impl  # pylint: disable=protected-access
        self.server_properties = implementation.server_properties
        implementation.add_on_close_callback(self._on_close)
        watch_blocking(connection, self)

    def _on_close(self, _connection, reason):
        self.lost = reason

    async def channel(self, confirm=False):
        raw = self._connection.channel()
        if confirm:
            raw.confirm_delivery()
        return BlockingChannel(raw)

    async def until(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self._connection.is_closed:
                return False
            try:
                self._connection.process_data_events(time_limit=0.05)
            except exceptions.AMQPConnectionError as error:
                self.lost = error
        return True

    async def close(self):
        if self._connection.is_open:
            self._connection.close()


class BlockingChannel(Channel):
    def __init__(self, raw):
        self._raw = raw
        raw.add_on_cancel_callback(self._on_cancel)
        self._subscriptions = {}
        # pylint: disable-next=protected-access
        raw._impl.add_on_close_callback(self._on_close)

    def _on_close(self, _channel, reason):
        self.closed = reason

    def _on_cancel(self, frame):
        self._subscriptions[frame.method.consumer_tag].cancelled = True

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False, arguments=None):
        ok = self._raw.queue_declare(name, passive=passive, durable=durable, exclusive=exclusive,
                                     auto_delete=auto_delete, arguments=arguments).method
        return ok.queue, ok.message_count

    async def delete_queue(self, name):
        self._raw.queue_delete(name)

    async def bind_queue(self, queue, exchange, key, arguments=None):
        self._raw.queue_bind(queue, exchange, key, arguments)

    async def unbind_queue(self, queue, exchange, key):
        self._raw.queue_unbind(queue, exchange, key)

    async def declare_exchange(self, name, kind):
        self._raw.exchange_declare(name, kind, auto_delete=True)

    async def bind_exchange(self, destination, source, key):
        self._raw.exchange_bind(destination, source, key)

    async def publish(self, exchange, key, body, properties=None, mandatory=False):
        try:
            self._raw.basic_publish(exchange, key, body, to_properties(properties), mandatory)
        except exceptions.UnroutableError as error:
            return [to_message(m.method, m.properties, m.body) for m in error.messages]
        return []

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        if prefetch is not None:
            self._raw.basic_qos(prefetch_count=prefetch)
        subscription = Subscription()

        def on_message(_channel, method, properties, body):
            subscription.messages.append(to_message(method, properties, body))

        subscription.tag = self._raw.basic_consume(
            queue, on_message, auto_ack=no_ack, arguments=arguments)
        self._subscriptions[subscription.tag] = subscription
        return subscription

    async def limit_octets(self, prefetch_size):
        self._raw.basic_qos(prefetch_size=prefetch_size)

    async def cancel(self, tag):
        self._raw.basic_cancel(tag)

    async def ack(self, message, multiple=False):
        self._raw.basic_ack(message.tag, multiple)

    async def nack(self, message, multiple=False, requeue=True):
        self._raw.basic_nack(message.tag, multiple, requeue)

    async def reject(self, message, requeue):
        self._raw.basic_reject(message.tag, requeue)

    async def get(self, queue, no_ack=True):
        method, properties, body = self._raw.basic_get(queue, auto_ack=no_ack)
        return None if method is None else to_message(method, properties, body)

    async def tx_select(self):
        self._raw.tx_select()

    async def tx_commit(self):
        self._raw.tx_commit()

    async def tx_rollback(self):
        self._raw.tx_rollback()

    async def close(self):
        self._raw.close()
