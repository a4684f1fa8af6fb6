"""A broker of the application's own, to be killed under it: see interop/runner/control.ts."""

import socket

#: A RabbitMQ takes some seconds to start, on a busy machine more.
ANSWER_LIMIT_SECONDS = 60


class OwnBroker:
    """One socket, one line a request; the runner ends the broker when the socket closes."""

    def __init__(self, address):
        host, port = address.split(':')
        self._socket = socket.create_connection((host, int(port)), timeout=ANSWER_LIMIT_SECONDS)
        self._lines = self._socket.makefile('r', encoding='utf8')

    def start(self):
        """Starts it, for the first time or again; gives its URL."""
        return self._ask('start')

    def kill(self):
        """Kills it with SIGKILL; returns when the process is gone."""
        self._ask('kill')

    def close(self):
        self._lines.close()
        self._socket.close()

    def _ask(self, request):
        self._socket.sendall(f'{request}\n'.encode())
        word, _, rest = self._lines.readline().strip().partition(' ')
        if word != 'ok':
            raise RuntimeError(f'broker control: {word} {rest}')
        return rest
