"""Runs the shared scenarios with the Python client named on the command line.

The broker's URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
"""

import asyncio
import sys

import scenarios  # noqa: F401  (registers them)
from harness import run_scenarios
from pika_asyncio import PikaAsyncio
from pika_blocking import PikaBlocking

CLIENTS = {client.name: client for client in (PikaBlocking(), PikaAsyncio())}

if __name__ == '__main__':
    wanted = sys.argv[1] if len(sys.argv) > 1 else ''
    if wanted not in CLIENTS:
        sys.exit(f'no such client: {wanted}; have {", ".join(CLIENTS)}')
    sys.exit(1 if asyncio.run(run_scenarios(CLIENTS[wanted])) else 0)
