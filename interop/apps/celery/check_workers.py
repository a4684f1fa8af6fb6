"""Checks of workers: remote control, events, and what becomes of tasks when workers end."""

import os
import signal

from celery import states
from celery.exceptions import TaskRevokedError

from report import Skip, equal, until
from stage import Held, result_of


def ping(stage):
    wanted = [worker.name for worker in stage.workers]
    answers = stage.app.control.ping(destination=wanted, timeout=5, limit=len(wanted))
    equal(sorted(name for answer in answers for name in answer), sorted(wanted))


def inspect_active(stage):
    held = Held(stage)
    try:
        name, = held.starts()
        active = stage.app.control.inspect(destination=[name], timeout=5).active()
        equal([task['id'] for task in active[name]], [held.result.id])
    finally:
        held.release()
    equal(result_of(held.result), [name, False])


def revoke_waiting(stage):
    result = stage.send('when', countdown=2)
    until(lambda: is_scheduled(stage, result.id))
    stage.app.control.revoke(result.id)
    revoked(result)


def revoke_running(stage):
    held = Held(stage)
    stage.app.control.revoke(held.result.id, terminate=True, signal='SIGKILL')
    revoked(held.result)


def is_scheduled(stage, task_id):
    """Whether a worker has the task and waits for its time."""
    scheduled = stage.app.control.inspect(timeout=1).scheduled() or {}
    return any(each['request']['id'] == task_id for tasks in scheduled.values() for each in tasks)


def revoked(result):
    try:
        result_of(result)
    except TaskRevokedError:
        equal(result.state, states.REVOKED)
    else:
        raise AssertionError('it was run')


def events(stage):
    """What monitors such as Flower live on: a topic exchange that workers publish to."""
    seen, result = [], None
    with stage.app.connection_for_read() as connection:
        receiver = stage.app.events.Receiver(connection)

        def handle(event):
            if event.get('uuid') == result.id:
                seen.append(event['type'])
                receiver.should_stop = event['type'] == 'task-succeeded'

        def send(*_consumers, **_options):
            nonlocal result
            result = stage.send('add', 1, 1)

        receiver.handlers = {'*': handle}
        # Called when the receiver's queue is bound: from then on no event is missed.
        receiver.on_consume_ready = send
        receiver.capture(limit=None, timeout=15, wakeup=False)
    equal(seen, ['task-received', 'task-started', 'task-succeeded'])


def pool_process_killed(stage):
    held = Held(stage)
    worker, _ = stage.named(held.starts()[0])
    pid, = worker.pool()
    os.kill(pid, signal.SIGKILL)
    held.wait_for_starts(2)
    held.release()
    name, redelivered = result_of(held.result)
    equal((name, redelivered), (held.starts()[1], True))


def worker_killed(stage):
    held = Held(stage)
    victim, heir = stage.named(held.starts()[0])
    victim.kill()
    held.wait_for_starts(2)
    held.release()
    equal(result_of(held.result), [heir.name, True])
    stage.workers = [heir]


def ended_by_signal(stage):
    held = Held(stage)
    worker = stage.workers[0]
    worker.ask_to_end()
    until(lambda: 'Warm shutdown' in worker.log.read_text(encoding='utf8'))
    held.release()
    equal(result_of(held.result), [worker.name, False])
    equal(worker.wait_for_end(), 0, 'exit code')


def ended_by_remote_control(stage):
    worker = stage.worker('last')
    stage.workers = [worker]
    worker.wait_until_ready()
    equal(stage.ask('add', 4, 5), 9)
    stage.app.control.shutdown(destination=[worker.name])
    equal(worker.wait_for_end(), 0, 'exit code')


def broker_restarted(make_stage, broker):
    """The worker comes back by itself, with its queue and its remote control."""
    if broker is None:
        raise Skip('the runner did not start this broker, so it cannot kill it')
    stage = make_stage(broker.start())
    try:
        stage.wait_until_ready()
        equal(stage.ask('add', 1, 2), 3)
        broker.kill()
        broker.start()
        equal(stage.ask('add', 3, 4), 7)
        stage.wait_until_ready()
    finally:
        stage.close()


def nothing_left(stage):
    """Everything was acknowledged: the queues are empty when no worker is left."""
    for queue in (f'{stage.run}.jobs', f'{stage.run}.ranked'):
        equal(stage.depth(queue), 0, queue)
