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
    #: The client's own message, where that is what it settles.
    raw: object = None


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
                            passive=False, arguments=None):
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
        """On a confirm channel: waits for the confirm, gives the returns that came before it.

        Calls that are gathered are all sent before the first confirm is waited for, unless the
        client has no way to do that.
        """
        raise NotImplementedError

    async def consume(self, queue, no_ack=False, prefetch=None, arguments=None):
        """Returns a Subscription."""
        raise NotImplementedError

    async def limit_octets(self, prefetch_size):
        """basic.qos with a prefetch size, which RabbitMQ does not have."""
        raise NotImplementedError

    async def cancel(self, tag):
        raise NotImplementedError

    async def ack(self, message, multiple=False):
        raise NotImplementedError

    async def nack(self, message, multiple=False, requeue=True):
        raise NotImplementedError

    async def reject(self, message, requeue):
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
    #: While the server has blocked the connection: the reason, as the client tells it.
    blocked = None
    server_properties = None

    async def channel(self, confirm=False):
        raise NotImplementedError

    async def until(self, condition, seconds=10):
        """Lets the client work until `condition()` holds; False when it did not in time."""
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError


class Recovering:
    """A connection that the client itself brings back, its queue and its consumer with it."""

    def __init__(self):
        #: Whether the client has reported that the connection is lost.
        self.lost = False
        #: The bodies that its consumer has got.
        self.received = []

    async def publish(self, body):
        """Publishes into the queue, sooner or later; returns when that is confirmed."""
        raise NotImplementedError

    async def close(self):
        raise NotImplementedError


class Client:
    """Opens connections; the rest says what the client can express."""

    name = ''
    version = ''
    #: What the client cannot be asked to do: {scenario: (text, ...)}.
    notes = {}
    #: The mechanism with which it logs in by itself.
    mechanism = 'PLAIN'
    #: What it reports when the vhost `no-such-vhost` is not there.
    vhost_refusal = 'NOT_ALLOWED - vhost no-such-vhost not found'
    #: Whether exchanges and queues may have names beyond ASCII.
    unicode_names = True
    #: Sent and got back, by RabbitMQ's type letter: {letter: (sent, received)}.
    header_samples = {}
    unsendable_properties = ()
    #: Whether it tells why the server has blocked a connection.
    tells_block_reason = True
    recovers = False

    async def connect(self, url, heartbeat=None):
        """Returns a Link, or raises what the client reports."""
        raise NotImplementedError

    async def recovering(self, url, queue):
        """Returns a Recovering that declares `queue` and consumes from it."""
        raise NotImplementedError

    def reply_code(self, error):
        """The code of a close by the server, as the client reports it with an error."""
        raise NotImplementedError
