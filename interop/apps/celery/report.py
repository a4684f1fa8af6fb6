"""Reports what was shown, a line an assertion, each with a time limit of its own."""

import contextlib
import signal
import time

LIMIT_SECONDS = 30
POLL_SECONDS = 0.05


class Skip(Exception):
    """Raised for what this run gives no way to show."""


class Expired(BaseException):
    """A check took too long. Not a TimeoutError: Celery handles those, they are its sockets'."""


class Report:
    def __init__(self):
        self.failed = 0

    def check(self, what, function, *arguments, seconds=LIMIT_SECONDS):
        """Runs one check and prints how it ended."""
        try:
            with limit(seconds):
                function(*arguments)
            print(f'ok {what}', flush=True)
        except Skip as reason:
            print(f'skip {what} - {one_line(reason)}', flush=True)
        except (Exception, Expired) as error:  # pylint: disable=broad-except
            self.failed += 1
            print(f'not ok {what} - {type(error).__name__}: {one_line(error)}', flush=True)


@contextlib.contextmanager
def limit(seconds):
    """Breaks off what takes longer, blocking calls too."""

    def expire(_signal, _frame):
        raise Expired(f'no end after {seconds} s')

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def until(condition):
    """Waits for a condition; the check's own limit ends it."""
    while not condition():
        time.sleep(POLL_SECONDS)


def equal(actual, expected, what=''):
    if actual != expected:
        raise AssertionError(f'{what} expected {expected!r}, got {actual!r}'.strip())


def one_line(error):
    return ' '.join(str(error).split())[:500]
