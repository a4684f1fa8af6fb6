"""Starts Celery workers as processes and ends them, kindly or not."""

import os
import pathlib
import signal
import subprocess
import sys
import time

READY_LIMIT_SECONDS = 30
END_LIMIT_SECONDS = 20
HERE = pathlib.Path(__file__).parent


class Worker:
    """One worker, with one process in its pool. It stays in the driver's process group."""

    def __init__(self, app, run, name, backend, folder):
        self._app = app
        self.name = f'{name}@{run}'
        self.log = folder / f'{name}.log'
        command = [
            sys.executable, '-B', '-m', 'celery', '--app', 'app', '--workdir', str(HERE),
            'worker', '--hostname', self.name, '--concurrency', '1', '--task-events',
            '--queues', f'{run}.jobs,{run}.all', '--loglevel', 'INFO',
        ]
        env = {
            **os.environ,
            'CELERY_APP_BROKER': app.conf.broker_url,
            'CELERY_APP_RUN': run,
            'CELERY_APP_BACKEND': backend,
            'PYTHONDONTWRITEBYTECODE': '1',
        }
        with open(self.log, 'wb') as log:
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log)

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_LIMIT_SECONDS
        while not self._app.control.ping(destination=[self.name], timeout=1, limit=1):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f'{self.name} does not start: {self.last_lines()}')

    def pool(self):
        """The ids of the processes of its pool, as it tells them by remote control."""
        stats = self._app.control.inspect(destination=[self.name], timeout=2).stats()
        return stats[self.name]['pool']['processes']

    def kill(self):
        """SIGKILL for it and its pool: nothing is acknowledged, nothing is said."""
        for pid in [self._process.pid, *self.pool()]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(END_LIMIT_SECONDS)

    def ask_to_end(self):
        """SIGTERM: what it has begun it finishes."""
        self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self):
        """Its exit code."""
        return self._process.wait(END_LIMIT_SECONDS)

    def discard(self):
        """Ends it if it runs; the processes of its pool end when their pipe does."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(END_LIMIT_SECONDS)

    def last_lines(self):
        return ' | '.join(self.log.read_text(encoding='utf8').splitlines()[-5:])
