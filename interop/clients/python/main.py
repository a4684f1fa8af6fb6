"""Runs the shared scenarios with the Python client named on the command line.

The broker's URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
"""

import asyncio
import importlib
import sys

import scenarios  # noqa: F401  (registers them)
from harness import run_scenarios

#: Each is imported only when it is the one to run: a client brings a whole library with it.
CLIENTS = {
    'pika-blocking': ('adapters.pika_blocking', 'PikaBlocking'),
    'pika-asyncio': ('adapters.pika_asyncio', 'PikaAsyncio'),
    'aio-pika': ('adapters.aio_pika', 'AioPika'),
    'py-amqp': ('adapters.py_amqp', 'PyAmqp'),
    'kombu': ('adapters.kombu', 'Kombu'),
}


def client_named(name):
    module, kind = CLIENTS[name]
    return getattr(importlib.import_module(module), kind)()


if __name__ == '__main__':
    wanted = sys.argv[1] if len(sys.argv) > 1 else ''
    if wanted not in CLIENTS:
        sys.exit(f'no such client: {wanted}; have {", ".join(CLIENTS)}')
    sys.exit(1 if asyncio.run(run_scenarios(client_named(wanted))) else 0)
