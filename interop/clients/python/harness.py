"""Runs the shared scenarios with one client and reports each on a line of its own.

`ok name`, `not ok name - reason`, `skip name - reason`, and `# note name - text` for what a client
could not be asked to do. Which ones they are comes in INTEROP_SCENARIOS. Every scenario has a time
limit; what it opened is closed after it.
"""

import asyncio
import inspect
import os

from limit import Limit
from own_broker import OwnBroker
from port import Skip

SCENARIO_LIMIT_SECONDS = 15
CLOSE_LIMIT_SECONDS = 3
POLL_SECONDS = 0.01

#: name -> coroutine function of one Context
SCENARIOS = {}


def scenario(name):
    """Registers a coroutine function under the name that it reports."""

    def register(function):
        SCENARIOS[name] = function
        return function

    return register


class Context:
    """What a scenario works with."""

    def __init__(self, client, url, name, limit):
        self.client = client
        #: amqp://user:password@host:port, without a path
        self.url = url
        #: unique to this run and scenario: the stem of all names that it declares
        self.name = f'interop.{client.name}.{os.getpid()}.{name}'
        self._scenario = name
        self._limit = limit
        self._cleanups = []

    async def connect(self, url=None, heartbeat=None):
        """A connection that is closed after the scenario."""
        link = await self.client.connect(url or self.url, heartbeat)
        self._cleanups.append(link.close)
        return link

    def own_broker(self):
        """A broker of the scenario's own, not started yet; skips where there is none."""
        address = os.environ.get('INTEROP_CONTROL')
        if not address:
            raise Skip('the runner did not start this broker, so it cannot kill or block it')
        broker = OwnBroker(address, self._limit)
        self._cleanups.append(broker.close)
        return broker

    def after(self, action):
        """Runs `action` after the scenario, whatever came of it."""
        self._cleanups.append(action)

    async def clean_up(self):
        for cleanup in reversed(self._cleanups):
            try:
                async with Limit(CLOSE_LIMIT_SECONDS):
                    result = cleanup()
                    if inspect.isawaitable(result):
                        await result
            except Exception as error:  # pylint: disable=broad-except
                print(f'# after {self._scenario}: {one_line(error)}', flush=True)


async def run_scenarios(client):
    """Runs everything; returns the number of failures."""
    print(f'# client {client.name} {client.version}', flush=True)
    url = os.environ['INTEROP_URL']
    failures = 0
    for name in os.environ['INTEROP_SCENARIOS'].split():
        for text in client.notes.get(name, ()):
            print(f'# note {name} - {text}', flush=True)
        outcome = await run_one(client, url, name)
        print(outcome, flush=True)
        failures += outcome.startswith('not ok')
    return failures


async def run_one(client, url, name):
    """Runs one scenario; returns the line to report."""
    function = SCENARIOS.get(name)
    if function is None:
        return f'not ok {name} - not written for this language'
    limit = Limit(SCENARIO_LIMIT_SECONDS)
    context = Context(client, url, name, limit)
    try:
        async with limit:
            await function(context)
        return f'ok {name}'
    except Skip as reason:
        return f'skip {name} - {one_line(reason)}'
    except Exception as error:  # pylint: disable=broad-except
        return f'not ok {name} - {type(error).__name__}: {one_line(error)}'
    finally:
        await context.clean_up()


async def until(condition, seconds=10):
    """Waits for what happens in tasks or threads; False when it did not in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


def one_line(error):
    return ' '.join(str(error).split())[:500]


def equal(actual, expected, what=''):
    """An assert that shows both sides."""
    if actual != expected:
        raise AssertionError(f'{what} expected {expected!r}, got {actual!r}'.strip())


def contains(text, part):
    """An assert that `part` stands in `text`."""
    if part not in str(text):
        raise AssertionError(f'expected to find {part!r} in {str(text)!r}')
