"""A plugin of pytest that gives the tests of aiormq and aio-pika the broker under test.

They start RabbitMQ in a container, aiormq's with fixtures that its source distribution lacks. Here
the container is the broker that runs already, at the port in INTEROP_PORT.
"""

import importlib.util
import os
import types

import pytest
import yarl

HOST = "127.0.0.1"
#: Nothing listens there: the tests of TLS are left out.
NO_PORT = 1


def container():
    """What the tests ask of a container."""
    ports = {"5672/tcp": int(os.environ["INTEROP_PORT"]), "5671/tcp": NO_PORT}
    return types.SimpleNamespace(id="broker", host=HOST, ports=ports)


class Docker:
    """In place of aio-pika's own client for Docker."""

    def __init__(self, _host):
        pass

    def run(self, _image, _ports, environment=None):
        assert environment is None, "the broker is as it is"
        return container()

    def kill(self, _container_id):
        pass

    remove = kill


def pytest_load_initial_conftests():
    if importlib.util.find_spec("tests") is None:
        return
    if importlib.util.find_spec("tests.docker_client") is None:
        return
    docker_client = importlib.import_module("tests.docker_client")
    docker_client.check_docker_available = lambda: None
    docker_client.DockerClient = Docker


@pytest.fixture(scope="session")
def rabbitmq_container():
    return container()


@pytest.fixture(scope="session")
def amqp_direct_url(rabbitmq_container):
    return yarl.URL.build(
        scheme="amqp",
        user="guest",
        password="guest",
        host=rabbitmq_container.host,
        port=rabbitmq_container.ports["5672/tcp"],
        path="//",
    )
