"""Asks the runner for a broker that only this scenario uses, to be killed under the client.

One socket, one line a request: `start` answers `ok <url>`, `kill` answers `ok`. The runner ends
the broker when the socket closes.
"""

import socket


class OwnBroker:
    def __init__(self, address):
        host, port = address.split(':')
        self._socket = socket.create_connection((host, int(port)), timeout=20)
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
