/**
 * What holds a publishing connection back: alarms, and a disk that does not keep up.
 *
 * Responsible for when it is not read, and for telling the client of alarms (A10.1). Connections
 * that only consume go on. Not responsible for queues that fall behind (flow-control.ts).
 */
import type { Connection } from './connection.ts';
import type { ReadControl } from './read-control.ts';

export class PublishHold {
  readonly #connection: Connection;
  readonly #reading: ReadControl;
  #hasPublished = false;

  constructor(connection: Connection, reading: ReadControl) {
    this.#connection = connection;
    this.#reading = reading;
  }

  /** A publish was taken in; under an alarm it is the last for now. */
  published(): void {
    this.#hasPublished = true;
    if (!this.#reading.mustBlock) return;
    const connection = this.#connection;
    connection.pauseFor('alarm');
    if (connection.hasCapability('connection.blocked')) {
      const { reason } = connection.host.broker.alarms;
      connection.send(0, { name: 'connection.blocked', reason });
    }
  }

  alarmsCleared(): void {
    if (!this.#reading.isPausedFor('alarm')) return;
    const connection = this.#connection;
    connection.resumeFrom('alarm');
    if (connection.hasCapability('connection.blocked')) {
      connection.send(0, { name: 'connection.unblocked' });
    }
  }

  /** Too much waits to be written. */
  waitForDisk(): void {
    if (!this.#hasPublished || this.#reading.isPausedFor('store')) return;
    const connection = this.#connection;
    connection.pauseFor('store');
    connection.host.broker.relief.whenDiskCaughtUp(() => connection.resumeFrom('store'));
  }
}
