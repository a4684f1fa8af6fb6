"""kombu: its Connection, Exchange, Queue, Producer and Consumer, with the transport pyamqp.

What kombu has no method of its own for (confirms, basic.nack, tx) is asked of the channel that it
gives, which is a py-amqp channel.
"""

import asyncio
import contextlib
import threading

import kombu
from kombu import pools
from kombu.mixins import ConsumerMixin

from adapters.py_amqp import (CONNECT_SECONDS, HEADER_SAMPLES, NOTES, AmqpChannel, AmqpLink,
                              to_message)
from port import Client, Recovering, Subscription

TRANSPORT = 'pyamqp'
#: How soon the client tries again, since its own waits are long for a scenario; and not for ever,
#: but for longer than a broker takes to start.
RETRY_SECONDS = 75
RETRIES = {'max_retries': RETRY_SECONDS * 4, 'interval_start': 0.1, 'interval_step': 0.05,
           'interval_max': 0.25}


class Kombu(Client):
    name = 'kombu'
    version = kombu.__version__
    notes = NOTES
    header_samples = HEADER_SAMPLES
    tells_block_reason = False
    recovers = True

    async def connect(self, url, heartbeat=None):
        link = KombuLink()
        connection = kombu.Connection(
            url, transport=TRANSPORT, heartbeat=heartbeat or 0, connect_timeout=CONNECT_SECONDS,
            transport_options={'on_blocked': link.on_blocked, 'on_unblocked': link.on_unblocked})
        connection.connect()
        link.connected(connection, connection.connection.server_properties)
        return link

    async def recovering(self, url, queue):
        return KombuRecovering(url, queue)

    def reply_code(self, error):
        return error.reply_code


class KombuLink(AmqpLink):
    def _tick(self):
        self._connection.heartbeat_check()

    async def channel(self, confirm=False):
        return KombuChannel(self, self.call(self._connection.channel), confirm)

    async def close(self):
        self._connection.release()


class KombuChannel(AmqpChannel):
    def __init__(self, link, raw, confirm):
        super().__init__(link, raw, confirm)
        self._producer = kombu.Producer(raw)
        self._consumers = {}

    def _queue(self, name, **options):
        return kombu.Queue(name, channel=self._raw, **options)

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False, arguments=None):
        queue = self._queue(name, durable=durable, exclusive=exclusive, queue_arguments=arguments)
        # Set here, since the client makes every exclusive queue an auto-delete one too.
        queue.auto_delete = auto_delete
        ok = self._call(queue.queue_declare, passive=passive)
        return ok.queue, ok.message_count

    async def delete_queue(self, name):
        self._call(self._queue(name).delete)

    async def bind_queue(self, queue, exchange, key, arguments=None):
        self._call(self._queue(queue).bind_to, exchange, key, arguments)

    async def unbind_queue(self, queue, exchange, key):
        self._call(self._queue(queue).unbind_from, kombu.Exchange(exchange), key)

    async def declare_exchange(self, name, kind):
        exchange = kombu.Exchange(name, kind, durable=False, auto_delete=True, channel=self._raw)
        self._call(exchange.declare)

    async def bind_exchange(self, destination, source, key):
        self._call(kombu.Exchange(destination, channel=self._raw).bind_to, source, key)

    def _send(self, exchange, key, body, properties, mandatory):
        # The client takes a time to live in seconds.
        if 'expiration' in properties:
            properties = properties | {'expiration': int(properties['expiration']) / 1000}
        self._call(self._producer.publish, body, routing_key=key, exchange=exchange,
                   mandatory=mandatory, **properties)

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        subscription = Subscription()
        consumer = kombu.Consumer(
            self._raw, [self._queue(queue, consumer_arguments=arguments)], no_ack=no_ack,
            auto_declare=False, prefetch_count=prefetch,
            on_message=lambda message: subscription.messages.append(to_message(message)))
        before = set(self._raw.callbacks)
        self._call(consumer.consume)
        (subscription.tag,) = set(self._raw.callbacks) - before

        def on_cancel(_tag):
            subscription.cancelled = True

        # Without it, a cancel by the server comes as an exception, from whatever is done then.
        self._raw.cancel_callbacks[subscription.tag] = on_cancel
        self._consumers[subscription.tag] = consumer
        return subscription

    async def cancel(self, tag):
        self._call(self._consumers[tag].cancel)

    async def ack(self, message, multiple=False):
        self._call(message.raw.ack, multiple)

    async def reject(self, message, requeue):
        self._call(message.raw.reject, requeue)

    async def get(self, queue, no_ack=True):
        message = self._call(self._queue(queue).get, no_ack=no_ack)
        return None if message is None else to_message(message)


class KombuRecovering(Recovering):
    """Publishes with Producer.publish(retry=True), each call on a producer of kombu's pool and in
    a thread of its own; consumes with a ConsumerMixin."""

    def __init__(self, url, queue):
        super().__init__()
        self._queue = kombu.Queue(queue, durable=False)
        self._connection = kombu.Connection(
            url, transport=TRANSPORT, connect_timeout=CONNECT_SECONDS,
            transport_options={'confirm_publish': True, 'connect_retries_timeout': RETRY_SECONDS})
        self._worker = Worker(self._connection, self._queue, self)
        threading.Thread(target=self._worker.run, daemon=True).start()

    async def publish(self, body):
        await asyncio.to_thread(self._publish, body)

    def _publish(self, body):
        with pools.producers[self._connection].acquire(block=True) as producer:
            producer.publish(body, routing_key=self._queue.name, declare=[self._queue],
                             retry=True, retry_policy=RETRIES)

    async def close(self):
        self._worker.should_stop = True
        pools.reset()


class Worker(ConsumerMixin):
    def __init__(self, connection, queue, owner):
        self.connection = connection
        self._queue = queue
        self._owner = owner

    def get_consumers(self, Consumer, channel):  # pylint: disable=invalid-name
        return [Consumer([self._queue], no_ack=True, on_message=self._on_message)]

    def _on_message(self, message):
        self._owner.received.append(message.body)

    def on_connection_error(self, exc, interval):
        self._owner.lost = True

    @contextlib.contextmanager
    def establish_connection(self):
        with self.create_connection() as connection:
            connection.ensure_connection(self.on_connection_error, **RETRIES)
            yield connection
