// A small reader of frames, independent of the product's parser: enough to see what was written.

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

/** Cuts octets into frames. @throws Error where they are no whole frames */
export function framesOf(octets: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 7 + octets.readUInt32BE(at + 3);
    if (octets[end] !== 0xce) throw new Error(`no frame end at ${end}`);
    const payload = octets.subarray(at + 7, end);
    frames.push({ type: octets.readUInt8(at), channel: octets.readUInt16BE(at + 1), payload });
    at = end + 1;
  }
  return frames;
}
