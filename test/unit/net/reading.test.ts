import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { startReading, stopReading } from '../../../src/net/reading.ts';

const SENT_BYTES = 4 * 1024 * 1024;
/** Turns of the event loop in which a socket that is read would have been read. */
const TURNS = 20;

/** A connected pair on loopback: the accepted end and the connecting one. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  server.close();
  return [socket, client];
}

describe('stopReading and startReading', () => {
  it('leave what comes to the kernel, and lose nothing', async () => {
    const [socket, client] = await socketPair();
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    // From here on it is read.
    await turn();
    stopReading(socket);
    client.end(Buffer.alloc(SENT_BYTES, 'x'));
    for (let i = 0; i < TURNS; i++) await turn();
    expect([received, socket.readableLength]).to.deep.equal([0, 0]);
    const ended = once(socket, 'end');
    startReading(socket);
    await ended;
    expect(received).to.equal(SENT_BYTES);
    client.destroy();
  });

  it('pause and resume what is no socket', () => {
    const stream = new PassThrough();
    stream.on('data', () => undefined);
    stopReading(stream);
    expect(stream.isPaused()).to.equal(true);
    startReading(stream);
    expect(stream.isPaused()).to.equal(false);
  });
});
