"""Starts workers of the Celery application and shows, check by check, what works over the broker.

INTEROP_URL is the broker, INTEROP_CONTROL starts and kills further ones (see
interop/runner/control.ts). Prints a line an assertion; exit code 1 when one of them failed.
"""

import os
import pathlib
import sys
import tempfile

import celery

import check_tasks
import check_workers
from own_broker import OwnBroker
from report import Report
from stage import Stage

RPC = 'rpc://'
#: A RabbitMQ and three workers take their time to start on a busy machine.
START_LIMIT_SECONDS = 120


def main(url, control):
    print(f'# app celery {celery.__version__}', flush=True)
    report = Report()
    run = f'interop-celery-{os.getpid()}'
    broker = OwnBroker(control) if control else None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # Results over rpc:// go to the one client that asked. A chord's body is started by a
        # worker that has to read the results of other tasks, so Celery refuses chords there: they
        # get an application whose results are files, which needs no other server.
        (folder / 'results').mkdir()
        chords = Stage(url, f'{run}-chords', f'file://{folder}/results', folder, ['chords'])
        stage = Stage(url, run, RPC, folder, ['one', 'two'])
        try:
            report.check('two workers and one with a file backend start', start, stage, chords,
                         seconds=START_LIMIT_SECONDS)
            check_all(report, stage, chords)
            report.check(
                'worker and client come back after their broker was killed and started again',
                check_workers.broker_restarted,
                lambda own_url: Stage(own_url, f'{run}-own', RPC, folder, ['own']),
                broker,
                seconds=START_LIMIT_SECONDS,
            )
        finally:
            stage.close()
            chords.close()
            if broker is not None:
                broker.close()
    return 1 if report.failed else 0


def start(stage, chords):
    stage.wait_until_ready()
    chords.wait_until_ready()


def check_all(report, stage, chords):
    for what, function in [
        ('a result comes back over rpc://', check_tasks.result),
        ('the exception of a failed task is raised at the caller', check_tasks.failure),
        (f'{check_tasks.MANY} tasks of a group, all results in order', check_tasks.many),
        ('self.retry: done at the third try', check_tasks.retry_by_hand),
        ('autoretry_for with backoff: tries after 1 s and 2 s', check_tasks.retry_by_itself),
        ('a task out of retries raises its exception at the caller', check_tasks.retry_in_vain),
        ('countdown: not run before its time', check_tasks.countdown),
        ('eta: not run before its time', check_tasks.eta),
        ('a chain hands results on', check_tasks.chained),
    ]:
        report.check(what, function, stage)
    report.check('a chord sums up its header (file backend)', check_tasks.chorded, chords)
    for what, function in [
        ('priorities: a queue with x-max-priority, tasks get theirs', check_tasks.priorities),
        ('a broadcast runs once in each worker', check_tasks.broadcast),
        ('remote control: every worker answers a ping', check_workers.ping),
        ('remote control: inspect active shows the running task', check_workers.inspect_active),
        ('remote control: a revoked task with a countdown is not run',
         check_workers.revoke_waiting),
        ('remote control: revoke with terminate ends a running task',
         check_workers.revoke_running),
        ('events: received, started, succeeded', check_workers.events),
        ('acks_late, pool process killed: the task is delivered again and run again',
         check_workers.pool_process_killed),
        ('acks_late, worker killed: the other worker runs the task again',
         check_workers.worker_killed),
        ('SIGTERM: the worker finishes its task and ends with exit code 0',
         check_workers.ended_by_signal),
        ('remote control: shutdown ends a worker with exit code 0',
         check_workers.ended_by_remote_control),
        ('no message is left in the queues', check_workers.nothing_left),
    ]:
        report.check(what, function, stage)


if __name__ == '__main__':
    sys.exit(main(os.environ['INTEROP_URL'], os.environ.get('INTEROP_CONTROL', '')))
