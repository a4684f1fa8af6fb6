"""The tasks. They tell the client what they saw by their results and by lines in files."""

import pathlib
import time

from celery import shared_task

HOLD_LIMIT_SECONDS = 30


class NotYet(Exception):
    """Fails a task that is to be tried again."""


@shared_task
def add(left, right):
    return left + right


@shared_task
def total(numbers):
    return sum(numbers)


@shared_task
def fail(text):
    raise ValueError(text)


@shared_task
def when():
    """Tells the time at which it was run."""
    return time.time()


@shared_task(bind=True, max_retries=5)
def retry_by_hand(self, failures):
    """Fails that often before it tells how often it was tried."""
    if self.request.retries < failures:
        raise self.retry(countdown=0.2, exc=NotYet())
    return self.request.retries + 1


@shared_task(bind=True, autoretry_for=(NotYet,), retry_backoff=1, retry_jitter=False,
             max_retries=5)
def retry_by_itself(self, failures, starts):
    """The same by configuration, after 1 s, 2 s, ...; `starts` gets the times of the tries."""
    append(starts, time.time())
    if self.request.retries < failures:
        raise NotYet()
    return self.request.retries + 1


@shared_task(bind=True, max_retries=1, default_retry_delay=0.1)
def retry_in_vain(self):
    raise self.retry(exc=NotYet('still not'))


@shared_task(bind=True)
def note(self, path, text):
    """Writes a line; tells the priority that the message had."""
    append(path, text)
    return self.request.delivery_info['priority']


@shared_task(bind=True)
def note_worker(self, path):
    append(path, self.request.hostname)


@shared_task(bind=True, acks_late=True, reject_on_worker_lost=True)
def hold(self, started, release):
    """Says that it has begun, then waits for the file `release`; tells who ended it, and whether
    the message had been delivered before."""
    append(started, self.request.hostname)
    deadline = time.monotonic() + HOLD_LIMIT_SECONDS
    while not pathlib.Path(release).exists():
        if time.monotonic() > deadline:
            raise TimeoutError('nobody released it')
        time.sleep(0.05)
    return [self.request.hostname, bool(self.request.delivery_info['redelivered'])]


def append(path, text):
    with open(path, 'a', encoding='utf8') as file:
        file.write(f'{text}\n')
