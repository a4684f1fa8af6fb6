"""What the checks work with: the client's side of the application, two workers, a folder."""

import itertools
import pathlib

from app import make_app
from report import until
from workers import Worker

RESULT_LIMIT_SECONDS = 40


class Stage:
    """An application with a run of its own in the broker; `close` leaves nothing behind."""

    def __init__(self, url, run, backend, folder, workers):
        self.folder = folder
        self.run = run
        self.backend = backend
        self.app = make_app(url, run, backend)
        self.workers = [self.worker(name) for name in workers]
        self._files = itertools.count()

    def worker(self, name):
        return Worker(self.app, self.run, name, self.backend, self.folder)

    def wait_until_ready(self):
        for worker in self.workers:
            worker.wait_until_ready()

    def task(self, name, *arguments):
        """A task to be called, chained or grouped."""
        return self.app.signature(f'tasks.{name}', arguments)

    def send(self, name, *arguments, **options):
        return self.task(name, *arguments).apply_async(**options)

    def ask(self, name, *arguments, **options):
        """Sends a task and waits for its result."""
        return result_of(self.send(name, *arguments, **options))

    def file(self):
        """A new file's path, as text for the arguments of a task."""
        return str(self.folder / f'{self.run}.{next(self._files)}')

    def depth(self, queue):
        """How many messages wait in a queue."""
        with self.app.connection_for_read() as connection:
            return connection.default_channel.queue_declare(queue, passive=True).message_count

    def named(self, name):
        """The worker of that full name, and the other one."""
        first, second = self.workers
        return (first, second) if first.name == name else (second, first)

    def close(self):
        for worker in self.workers:
            worker.discard()
        with self.app.connection_for_write() as connection:
            for queue in self.app.amqp.queues.values():
                if queue.name:
                    queue(connection.default_channel).delete()
        self.app.close()


class Held:
    """A task that has begun and waits to be released."""

    def __init__(self, stage):
        self._started, self._release = stage.file(), stage.file()
        self.result = stage.send('hold', self._started, self._release)
        self.wait_for_starts(1)

    def wait_for_starts(self, number):
        until(lambda: len(lines(self._started)) >= number)

    def starts(self):
        """The workers that began it, in order."""
        return lines(self._started)

    def release(self):
        pathlib.Path(self._release).touch()


def result_of(result):
    return result.get(timeout=RESULT_LIMIT_SECONDS)


def lines(path):
    """The lines of a file that tasks write to."""
    file = pathlib.Path(path)
    return file.read_text(encoding='utf8').splitlines() if file.exists() else []
