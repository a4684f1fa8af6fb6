"""pika's AsyncioConnection: callbacks, turned into awaitables here."""

import asyncio

import pika
from pika.adapters.asyncio_connection import AsyncioConnection

from adapters.pika_common import (HEADER_NOTE, HEADER_SAMPLES, parameters, to_message,
                                  to_properties, watch_blocking)
from harness import until
from port import Channel, Client, Link, Subscription


class PikaAsyncio(Client):
    name = 'pika-asyncio'
    version = pika.__version__
    notes = {'header-table': (HEADER_NOTE,)}
    header_samples = HEADER_SAMPLES

    async def connect(self, url, heartbeat=None):
        opened = asyncio.get_running_loop().create_future()

        def on_error(_connection, error):
            if not opened.done():
                opened.set_exception(error)

        connection = AsyncioConnection(parameters(url, heartbeat), opened.set_result, on_error)
        await opened
        return AsyncioLink(connection)

    def reply_code(self, error):
        return error.reply_code


class AsyncioLink(Link):
    def __init__(self, connection):
        self._connection = connection
        self.server_properties = connection.server_properties
        self._closed = asyncio.Event()
        connection.add_on_close_callback(self._on_close)
        watch_blocking(connection, self)

    def _on_close(self, _connection, reason):
        self.lost = reason
        self._closed.set()

    async def channel(self, confirm=False):
        opened = asyncio.get_running_loop().create_future()
        self._connection.channel(on_open_callback=opened.set_result)
        channel = AsyncioChannel(await opened)
        if confirm:
            await channel.confirm()
        return channel

    async def until(self, condition, seconds=10):
        return await until(condition, seconds)

    async def close(self):
        if self._connection.is_open:
            self._connection.close()
            await self._closed.wait()


class AsyncioChannel(Channel):
    def __init__(self, raw):
        self._raw = raw
        self._waiting = set()
        self._subscriptions = {}
        self._unconfirmed = {}
        self._returned = []
        self._published = None
        raw.add_on_close_callback(self._on_close)
        raw.add_on_cancel_callback(self._on_cancel)
        raw.add_on_return_callback(self._on_return)

    def _on_close(self, _channel, reason):
        self.closed = reason
        for future in self._waiting | set(self._unconfirmed.values()):
            if not future.done():
                future.set_exception(reason)

    def _on_cancel(self, frame):
        self._subscriptions[frame.method.consumer_tag].cancelled = True

    def _on_return(self, _channel, method, properties, body):
        self._returned.append(to_message(method, properties, body))

    async def _call(self, method, *arguments, **named):
        """Calls a method that reports to a callback; fails when the channel is closed."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            method(*arguments, callback=future.set_result, **named)
            return await future
        finally:
            self._waiting.discard(future)

    async def confirm(self):
        self._published = 0
        await self._call(self._raw.confirm_delivery, self._on_confirm)

    def _on_confirm(self, frame):
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        settled = [t for t in self._unconfirmed if t == tag or (multiple and t <= tag)]
        returned, self._returned = self._returned, []
        for each in settled:
            self._unconfirmed.pop(each).set_result((frame.method.NAME, returned))

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False, arguments=None):
        frame = await self._call(self._raw.queue_declare, name, passive=passive, durable=durable,
                                 exclusive=exclusive, auto_delete=auto_delete,
                                 arguments=arguments)
        return frame.method.queue, frame.method.message_count

    async def delete_queue(self, name):
        await self._call(self._raw.queue_delete, name)

    async def bind_queue(self, queue, exchange, key, arguments=None):
        await self._call(self._raw.queue_bind, queue, exchange, key, arguments)

    async def unbind_queue(self, queue, exchange, key):
        await self._call(self._raw.queue_unbind, queue, exchange, key)

    async def declare_exchange(self, name, kind):
        await self._call(self._raw.exchange_declare, name, kind, auto_delete=True)

    async def bind_exchange(self, destination, source, key):
        await self._call(self._raw.exchange_bind, destination, source, key)

    async def publish(self, exchange, key, body, properties=None, mandatory=False):
        self._raw.basic_publish(exchange, key, body, to_properties(properties), mandatory)
        if self._published is None:
            return []
        self._published += 1
        future = asyncio.get_running_loop().create_future()
        self._unconfirmed[self._published] = future
        name, returned = await future
        if name != 'Basic.Ack':
            raise RuntimeError(f'not confirmed: {name}')
        return returned

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        if prefetch is not None:
            await self._call(self._raw.basic_qos, prefetch_count=prefetch)
        subscription = Subscription()

        def on_message(_channel, method, properties, body):
            subscription.messages.append(to_message(method, properties, body))

        frame = await self._call(self._raw.basic_consume, queue, on_message, auto_ack=no_ack,
                                 arguments=arguments)
        subscription.tag = frame.method.consumer_tag
        self._subscriptions[subscription.tag] = subscription
        return subscription

    async def limit_octets(self, prefetch_size):
        await self._call(self._raw.basic_qos, prefetch_size=prefetch_size)

    async def cancel(self, tag):
        await self._call(self._raw.basic_cancel, tag)

    async def ack(self, message, multiple=False):
        self._raw.basic_ack(message.tag, multiple)

    async def nack(self, message, multiple=False, requeue=True):
        self._raw.basic_nack(message.tag, multiple, requeue)

    async def reject(self, message, requeue):
        self._raw.basic_reject(message.tag, requeue)

    async def get(self, queue, no_ack=True):
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)

        def on_empty(_frame):
            if not future.done():
                future.set_result(None)

        def on_message(_channel, method, properties, body):
            future.set_result(to_message(method, properties, body))

        self._raw.add_callback(on_empty, [pika.spec.Basic.GetEmpty])
        try:
            self._raw.basic_get(queue, on_message, auto_ack=no_ack)
            return await future
        finally:
            self._waiting.discard(future)

    async def tx_select(self):
        await self._call(self._raw.tx_select)

    async def tx_commit(self):
        await self._call(self._raw.tx_commit)

    async def tx_rollback(self):
        await self._call(self._raw.tx_rollback)

    async def close(self):
        self._raw.close()
        while self.closed is None:
            await asyncio.sleep(0.01)
