// Two ends of a stream in memory: what is written to one end is read from the other, so that a
// test can speak to a broker without a port. Back-pressure holds (a write is acknowledged when
// the far side has asked for more) and ending or destroying one end shows at the other, as with a
// socket. It does not model latency, and it never splits or joins chunks.
import { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

class PipeEnd extends Duplex {
  far: PipeEnd | undefined;
  /** The callback of a write that the far side has not asked for yet. */
  private waiting: Done | undefined;
  private sawEnd = false;

  /** The other end will write no more. */
  farEnded(): void {
    if (this.sawEnd || this.destroyed) return;
    this.sawEnd = true;
    this.push(null);
  }

  override _read(): void {
    const resume = this.far?.waiting;
    if (this.far === undefined || resume === undefined) return;
    this.far.waiting = undefined;
    resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.far === undefined || this.far.destroyed) {
      done(Object.assign(new Error('the far end of the pipe is gone'), { code: 'EPIPE' }));
      return;
    }
    // A copy, as a socket would make: the writer may use its memory again once the write is done.
    if (this.far.push(Buffer.from(chunk))) done();
    else this.waiting = done;
  }

  override _final(done: Done): void {
    this.far?.farEnded();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const { far, waiting } = this;
    this.far = undefined;
    this.waiting = undefined;
    waiting?.(error);
    if (far !== undefined && !far.destroyed) {
      // Later than now: nobody expects the other side's events inside a call to destroy().
      setImmediate(() => {
        far.farEnded();
        if (far.waiting !== undefined) far.destroy();
      });
    }
    done(error);
  }
}

/** A pair of connected streams. */
export function pipePair(): [Duplex, Duplex] {
  const left = new PipeEnd({ allowHalfOpen: false });
  const right = new PipeEnd({ allowHalfOpen: false });
  left.far = right;
  right.far = left;
  return [left, right];
}
