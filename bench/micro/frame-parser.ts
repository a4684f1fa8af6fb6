/**
 * FrameParser.push: publishes in chunks as a socket gives them.
 *
 * The sink only counts, so that what is timed is the finding of frames.
 */
import { FrameParser, type FrameSink } from '../../protocol/frame-parser.ts';
import { buildBlock, publishFrames } from '../support/frames.ts';
import { keep, type MicroCase } from './harness.ts';

const CHUNK_BYTES = 65536;
const MAX_FRAME_BYTES = 131072;

class CountingSink implements FrameSink {
  frames = 0;

  method(): void {
    this.frames++;
  }

  header(): void {
    this.frames++;
  }

  bodyPart(_channel: number, _bytes: Buffer, start: number, end: number): void {
    this.frames += end - start;
  }

  heartbeat(): void {
    this.frames++;
  }
}

/** Publishes of `bodyBytes` that fill 64 KiB or more, cut into chunks of `chunkBytes`. */
function publishes(name: string, bodyBytes: number, chunkBytes: number): MicroCase {
  const message = publishFrames({
    channel: 1,
    exchange: '',
    routingKey: 'queue-1',
    body: Buffer.alloc(bodyBytes, 'x'),
  });
  const { bytes, ends } = buildBlock([message], CHUNK_BYTES);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes));
  }
  const sink = new CountingSink();
  const parser = new FrameParser(sink, MAX_FRAME_BYTES);
  return {
    name,
    per: 'message of 3 frames',
    operations: ends.length,
    run: () => {
      for (const chunk of chunks) parser.push(chunk);
      keep(sink.frames);
    },
  };
}

export const cases: readonly MicroCase[] = [
  publishes('frame parser, 16 B, chunks of 64 KiB', 16, CHUNK_BYTES * 2),
  publishes('frame parser, 1 KiB, chunks of 64 KiB', 1024, CHUNK_BYTES * 2),
  publishes('frame parser, 16 B, chunks of 1,000 octets', 16, 1000),
  publishes('frame parser, 16 B, chunks of 7 octets', 16, 7),
];
