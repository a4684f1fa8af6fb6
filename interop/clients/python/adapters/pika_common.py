"""What pika's two connections share: parameters, properties, header samples, blocking."""

import datetime
import decimal

import pika
from pika.compat import long

from port import Message

PROPERTY_NAMES = (
    'content_type', 'content_encoding', 'headers', 'delivery_mode', 'priority', 'correlation_id',
    'reply_to', 'expiration', 'message_id', 'timestamp', 'type', 'user_id', 'app_id', 'cluster_id',
)

MOMENT = datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc)

#: {letter: (sent, received)}; pika sends no small integers and no floats.
HEADER_SAMPLES = {
    'S': ('text, Größe, 兎',) * 2,
    'x': (b'\x00\x01\xfe\xff',) * 2,
    't': (True,) * 2,
    'I': (-2147483648,) * 2,
    'l': (long(-2 ** 63),) * 2,
    'D': (decimal.Decimal('314.15'),) * 2,
    'T': (MOMENT,) * 2,
    'V': (None,) * 2,
    'A': (['text', 1, True, None, ['inner'], {'deep': 'table'}],) * 2,
    'F': ({'text': 'text', 'number': 70000, 'inner': {'list': [1, 2, 3]}},) * 2,
}

HEADER_NOTE = 'the client cannot send headers of type b B s u i L f d'


def parameters(url, heartbeat):
    """URL parameters, with a heartbeat in seconds where one is wanted."""
    result = pika.URLParameters(url)
    if heartbeat is not None:
        result.heartbeat = heartbeat
    result.socket_timeout = 5
    return result


def to_message(method, properties, body):
    """From what pika hands to a callback: a deliver, a get-ok or a return."""
    return Message(
        body=body or b'',
        properties={name: getattr(properties, name) for name in PROPERTY_NAMES},
        exchange=method.exchange,
        routing_key=method.routing_key,
        redelivered=getattr(method, 'redelivered', False),
        tag=getattr(method, 'delivery_tag', 0),
        left=getattr(method, 'message_count', 0),
        reply_code=getattr(method, 'reply_code', 0),
        reply_text=getattr(method, 'reply_text', ''),
    )


def to_properties(properties):
    return pika.BasicProperties(**(properties or {}))


def watch_blocking(connection, link):
    """Keeps `link.blocked` as either of pika's connections tells it."""

    def on_blocked(_connection, frame):
        link.blocked = frame.method.reason

    def on_unblocked(_connection, _frame):
        link.blocked = None

    connection.add_on_connection_blocked_callback(on_blocked)
    connection.add_on_connection_unblocked_callback(on_unblocked)
