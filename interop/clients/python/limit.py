"""A time limit for code that awaits and for code that blocks."""

import asyncio
import contextlib
import signal

#: How much later blocking code is broken off: where the event loop works, it comes first.
BLOCKED_SECONDS = 1


class TooLong(Exception):
    """Not a TimeoutError, which clients take for an error of their socket and survive."""


class Limit:
    """`async with Limit(seconds)` ends its body with TooLong when that takes longer."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._timer = None
        self._previous = None

    async def __aenter__(self):
        self._previous = signal.signal(signal.SIGALRM, self._expire)
        self._timer = asyncio.timeout(self._seconds)
        await self._timer.__aenter__()
        self._set(self._seconds)
        return self

    async def __aexit__(self, kind, error, trace):
        self._clear_alarm()
        signal.signal(signal.SIGALRM, self._previous)
        try:
            await self._timer.__aexit__(kind, error, trace)
        except TimeoutError:
            raise self._error() from None

    @contextlib.contextmanager
    def paused(self):
        """The body does not count."""
        loop = asyncio.get_running_loop()
        left = self._timer.when() - loop.time()
        self._clear_alarm()
        self._timer.reschedule(None)
        try:
            yield
        finally:
            self._timer.reschedule(loop.time() + left)
            self._set(left)

    def _set(self, seconds):
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0) + BLOCKED_SECONDS)

    def _clear_alarm(self):
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _expire(self, _signal, _frame):
        # Between two tasks nothing blocks, and what is raised there would end the event loop.
        if asyncio.current_task() is None:
            self._set(0)
        else:
            raise self._error()

    def _error(self):
        return TooLong(f'no end after {self._seconds} s')
