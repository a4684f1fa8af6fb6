"""The Celery application, as a worker loads it with `-A app` and as the client uses it.

The environment says which run it belongs to: CELERY_APP_BROKER (URL), CELERY_APP_RUN (the stem of
all names in the broker) and CELERY_APP_BACKEND (where results go).
"""

import os

from celery import Celery
from kombu import Exchange, Queue
from kombu.common import Broadcast

MAX_PRIORITY = 10


def make_app(broker, run, backend):
    """Makes the application; results go to `backend`, 'rpc://' or 'file://<folder>'."""
    app = Celery('interop', broker=broker, backend=backend, include=['tasks'])
    jobs, ranked = f'{run}.jobs', f'{run}.ranked'
    app.conf.update(
        task_queues=[
            Queue(jobs, Exchange(jobs, 'direct', auto_delete=True), routing_key=jobs),
            Queue(ranked, Exchange(ranked, 'direct', auto_delete=True), routing_key=ranked,
                  max_priority=MAX_PRIORITY),
            # A queue of its own for every worker, bound to one fanout exchange.
            Broadcast(f'{run}.all', exchange=Exchange(f'{run}.all', 'fanout', auto_delete=True)),
        ],
        task_default_queue=jobs,
        task_default_exchange=jobs,
        task_default_routing_key=jobs,
        # One message at a time: what a worker has not begun, another one can take.
        worker_prefetch_multiplier=1,
        # How long a process of the pool is missed before its task counts as lost.
        worker_lost_wait=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Where results stay unread, as those of the broadcast, they are not kept for a day.
        result_expires=60,
    )
    return app


if 'CELERY_APP_RUN' in os.environ:
    app = make_app(os.environ['CELERY_APP_BROKER'], os.environ['CELERY_APP_RUN'],
                   os.environ['CELERY_APP_BACKEND'])
