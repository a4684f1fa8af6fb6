"""Checks of tasks and their results: one by one, many, again, later, combined."""

import datetime
import time

from celery import chain, chord, group

from report import equal, until
from stage import lines, result_of

MANY = 200
DELAY_SECONDS = 1.5
#: Clocks of processes on one machine agree, timers may be a little early.
TOLERANCE_SECONDS = 0.1


def result(stage):
    equal(stage.ask('add', 2, 3), 5)


def failure(stage):
    try:
        stage.ask('fail', 'as it should')
    except ValueError as error:
        equal(error.args, ('as it should',))
    else:
        raise AssertionError('the caller was told of no failure')


def many(stage):
    results = group(stage.task('add', number, 1) for number in range(MANY)).apply_async()
    equal(result_of(results), list(range(1, MANY + 1)))


def retry_by_hand(stage):
    equal(stage.ask('retry_by_hand', 2), 3, 'tries')


def retry_by_itself(stage):
    starts = stage.file()
    equal(stage.ask('retry_by_itself', 2, starts), 3, 'tries')
    first, second, third = map(float, lines(starts))
    not_before(second, first + 1)
    not_before(third, second + 2)


def retry_in_vain(stage):
    try:
        stage.ask('retry_in_vain')
    except Exception as error:  # pylint: disable=broad-except
        # The class of the worker's exception, not of one that get() itself may raise.
        equal((type(error).__name__, error.args), ('NotYet', ('still not',)))
    else:
        raise AssertionError('the caller was told of no failure')


def countdown(stage):
    sent = time.time()
    not_before(stage.ask('when', countdown=DELAY_SECONDS), sent + DELAY_SECONDS)


def eta(stage):
    moment = time.time() + DELAY_SECONDS
    when = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    not_before(stage.ask('when', eta=when), moment)


def chained(stage):
    tasks = chain(stage.task('add', 1, 2), stage.task('add', 3), stage.task('add', 4))
    equal(result_of(tasks.apply_async()), 10)


def chorded(stage):
    header = [stage.task('add', number, number) for number in range(5)]
    equal(result_of(chord(header, app=stage.app)(stage.task('total'))), 20)


def priorities(stage):
    """Priorities arrive with the tasks of a queue that gets its consumer by remote control, when
    they are in it. No order is asked for: docs/compatibility.md, x-max-priority."""
    queue, path = f'{stage.run}.ranked', stage.file()
    ranks = [1, 9, 5, 0]
    results = [
        stage.send('note', path, str(rank), queue=queue, priority=rank) for rank in ranks
    ]
    # They go out on another connection than the request to consume does.
    until(lambda: stage.depth(queue) == len(ranks))
    worker = [stage.workers[0].name]
    control = stage.app.control
    answer, = control.add_consumer(queue, destination=worker, reply=True, timeout=5)
    equal('ok' in answer[worker[0]], True, str(answer))
    equal([result_of(each) for each in results], ranks, 'priorities of the messages')
    equal(sorted(lines(path)), ['0', '1', '5', '9'])
    control.cancel_consumer(queue, destination=worker, reply=True, timeout=5)


def broadcast(stage):
    path = stage.file()
    stage.send('note_worker', path, queue=f'{stage.run}.all', ignore_result=True)
    until(lambda: len(lines(path)) >= len(stage.workers))
    equal(sorted(lines(path)), sorted(worker.name for worker in stage.workers))


def not_before(time_run, time_asked):
    if time_run < time_asked - TOLERANCE_SECONDS:
        raise AssertionError(f'ran {time_asked - time_run:.2f} s too early')
