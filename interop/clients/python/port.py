"""What a Python client must offer to run the shared scenarios.

One adapter a client implements this with that client's own calls. Everything is a coroutine, so
that blocking clients (which then simply block) and asyncio clients run the same scenarios. An
adapter that lacks something raises Skip with the reason. Nothing here knows a client.
"""

from dataclasses import dataclass, field


class Skip(Exception):
    """Raised for what this client or this broker gives no way to do."""


@dataclass
class Message:
    """A message, however it came. `properties` has pika's names; `left` is of basic.get only."""

    body: bytes
    properties: dict
    exchange: str
    routing_key: str
    redelivered: bool = False
    tag: int = 0
    left: int = 0
    reply_code: int = 0
    reply_text: str = ''


@dataclass
class Subscription:
    """A consumer: its messages as they come, and whether the server has cancelled it."""

    tag: str = ''
    messages: list = field(default_factory=list)
    cancelled: bool = False


class Channel:
    """One AMQP channel. `closed` is what the client reported when the server closed it."""

    closed = None

    async def declare_queue(self, name, durable=False, exclusive=False, auto_delete=False,
                            passive=False):
        """Returns the name and the number of ready messages."""
        raise NotImplementedError

    async def delete_queue(self, name):
        raise NotImplementedError

    async def bind_queue(self, queue, exchange, key, arguments=None):
        raise NotImplementedError

    async def unbind_queue(self, queue, exchange, key):
        raise NotImplementedError

    async def declare_exchange(self, name, kind):
        """Declares an auto-delete exchange."""
        raise NotImplementedError

    async def bind_exchange(self, destination, source, key):
        raise NotImplementedError

    async def publish(self, exchange, key, body, properties=None, mandatory=False):
        """On a confirm channel: waits for the confirm, gives the returns that came before it."""
        raise NotImplementedError

    async def consume(self, queue, no_ack=False, prefetch=None):
        """Returns a Subscription."""
        raise NotImplementedError

    async def limit_octets(self, prefetch_size):
        """basic.qos with a prefetch size, which RabbitMQ does not have."""
        raise NotImplementedError

    async def cancel(self, tag):
        raise NotImplementedError

    def ack(self, message, multiple=False):
        raise NotImplementedError

    def nack(self, message, multiple=False, requeue=True):
        raise NotImplementedError

    def reject(self, message, requeue):
        raise NotImplementedError

    async def get(self, queue, no_ack=True):
        """Returns a Message, or None from an empty queue."""
        raise NotImplementedError

    async def tx_select(self):
        raise NotImplementedError

    async def tx_commit(self):
        raise NotImplementedError

    async def tx_rollback(self):
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError


class Link:
    """One connection. `lost` is what the client reported when it was lost."""

    lost = None
    server_properties = None

    async def channel(self, confirm=False):
        raise NotImplementedError

    async def until(self, condition, seconds=10):
        """Lets the client work until `condition()` holds; False when it did not in time."""
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError


class Client:
    """Opens connections; the rest says what the client can express."""

    name = ''
    version = ''
    #: Sent and got back, by RabbitMQ's type letter: {letter: (sent, received)}.
    header_samples = {}
    unsendable_types = ''

    async def connect(self, url, heartbeat=None):
        """Returns a Link, or raises what the client reports."""
        raise NotImplementedError

    async def recovering(self, url, queue):
        """Returns a connection that the client itself brings back, or raises Skip."""
        raise NotImplementedError
