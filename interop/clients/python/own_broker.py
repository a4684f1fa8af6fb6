"""Asks the runner for a broker that only this scenario uses, to be killed or blocked.

One socket, one line a request, see interop/runner/control.ts. The runner ends the broker when the
socket closes. Waiting is done in a thread, so that asyncio clients go on meanwhile.
"""

import asyncio
import socket

#: More than the runner itself gives a broker to start.
ANSWER_LIMIT_SECONDS = 130


class OwnBroker:
    """`limit` stands still while the runner works: the client is not to pay for that."""

    def __init__(self, address, limit):
        host, port = address.split(':')
        self._socket = socket.create_connection((host, int(port)), timeout=ANSWER_LIMIT_SECONDS)
        self._lines = self._socket.makefile('r', encoding='utf8')
        self._limit = limit

    async def start(self):
        """Starts it, for the first time or again; gives its URL."""
        return await self._request('start')

    async def kill(self):
        """Kills it with SIGKILL; returns when the process is gone."""
        await self._request('kill')

    async def block(self):
        """Raises its memory alarm."""
        await self._request('block')

    async def unblock(self):
        """Clears its memory alarm."""
        await self._request('unblock')

    def close(self):
        self._lines.close()
        self._socket.close()

    async def _request(self, request):
        with self._limit.paused():
            return await asyncio.to_thread(self._ask, request)

    def _ask(self, request):
        self._socket.sendall(f'{request}\n'.encode())
        word, _, rest = self._lines.readline().strip().partition(' ')
        if word != 'ok':
            raise RuntimeError(f'broker control: {word} {rest}')
        return rest
