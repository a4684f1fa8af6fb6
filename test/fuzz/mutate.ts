// Damage: from a valid conversation, or from nothing, to one input in chunks. Kinds of damage are
// those that a parser can be wrong about: lengths, types, order, edges of numbers, missing and
// surplus octets.
import { FRAME_END } from '../../protocol/constants.ts';
import { CONVERSATIONS, WITH_CONTENT } from './corpus.ts';
import type { Random } from './random.ts';

const EDGES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xc3, 0xcd, FRAME_END, 0xcf, 0xfe, 0xff] as const;
const LETTERS = Buffer.from('SxIilLsubBfdDTtFAVZ\0');
const FRAME_TYPES = [0, 1, 2, 3, 4, 8, 0x41, 0xff] as const;
const WORDS = [
  0, 1, 3, 4, 12, 4088, 4096, 4097, 131_072, 131_073, 0x7fff_ffff, 0xffff_ffff,
] as const;
const GARBAGE_BYTES = 300;
const MOST_ROUNDS = 4;

type Mutation = (frames: Buffer[], random: Random) => void;

/** A copy of one frame, in its place, and a position in it (-1 when it is empty). */
function touched(frames: Buffer[], random: Random): { frame: Buffer; at: number; index: number } {
  const index = random.below(frames.length);
  const frame = Buffer.from(frames[index] ?? Buffer.alloc(0));
  frames[index] = frame;
  return { frame, at: random.below(frame.length), index };
}

const flipBit: Mutation = (frames, random) => {
  const { frame, at } = touched(frames, random);
  if (frame.length > 0) frame[at] = frame.readUInt8(at) ^ (1 << random.below(8));
};

const setEdge: Mutation = (frames, random) => {
  const { frame, at } = touched(frames, random);
  if (frame.length > 0) frame[at] = random.pick(EDGES);
};

const setLetter: Mutation = (frames, random) => {
  const { frame, at } = touched(frames, random);
  if (frame.length > 0) frame[at] = LETTERS[random.below(LETTERS.length)] as number;
};

/** Any four octets become an interesting length or number. */
const setWord: Mutation = (frames, random) => {
  const { frame } = touched(frames, random);
  if (frame.length >= 4) frame.writeUInt32BE(random.pick(WORDS), random.below(frame.length - 3));
};

const setType: Mutation = (frames, random) => {
  const { frame } = touched(frames, random);
  if (frame.length > 0) frame[0] = random.pick(FRAME_TYPES);
};

const setIds: Mutation = (frames, random) => {
  const { frame } = touched(frames, random);
  if (frame.length < 12) return;
  frame.writeUInt16BE(10 * (1 + random.below(9)), 7);
  frame.writeUInt16BE(10 * random.below(13) + random.below(3), 9);
};

const setSize: Mutation = (frames, random) => {
  const { frame } = touched(frames, random);
  if (frame.length < 8) return;
  frame.writeUInt32BE(random.oneIn(2) ? random.pick(WORDS) : random.below(frame.length + 4), 3);
};

/** Cuts or pads the frame's payload, and mends size and end: only the content is wrong then. */
const resize: Mutation = (frames, random) => {
  const { frame, at, index } = touched(frames, random);
  if (frame.length < 8) return;
  const cut = frame.subarray(0, Math.max(at, 7));
  const resized = Buffer.concat([cut, random.octets(random.below(6)), Buffer.from([FRAME_END])]);
  resized.writeUInt32BE(resized.length - 8, 3);
  frames[index] = resized;
};

const insert: Mutation = (frames, random) => {
  const { frame, at, index } = touched(frames, random);
  const extra = random.octets(1 + random.below(8));
  frames[index] = Buffer.concat([frame.subarray(0, at), extra, frame.subarray(at)]);
};

const remove: Mutation = (frames, random) => {
  const { frame, at, index } = touched(frames, random);
  const behind = frame.subarray(at + 1 + random.below(8));
  frames[index] = Buffer.concat([frame.subarray(0, at), behind]);
};

const drop: Mutation = (frames, random) => {
  frames.splice(random.below(frames.length), 1);
};

const repeat: Mutation = (frames, random) => {
  frames.splice(random.below(frames.length), 0, random.pick(frames));
};

const swap: Mutation = (frames, random) => {
  const [a, b] = [random.below(frames.length), random.below(frames.length)];
  [frames[a], frames[b]] = [frames[b] as Buffer, frames[a] as Buffer];
};

const graft: Mutation = (frames, random) => {
  frames.splice(random.below(frames.length), 0, random.pick(random.pick(CONVERSATIONS)));
};

const addGarbage: Mutation = (frames, random) => {
  frames.splice(random.below(frames.length + 1), 0, random.octets(random.below(40)));
};

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setEdge,
  setLetter,
  setWord,
  setType,
  setIds,
  setSize,
  resize,
  resize,
  insert,
  remove,
  drop,
  repeat,
  swap,
  graft,
  addGarbage,
];

/** The octets in chunks: as frames, in one, or cut at random places. */
function split(frames: readonly Buffer[], random: Random): Buffer[] {
  if (random.oneIn(3)) return [...frames];
  const bytes = Buffer.concat(frames);
  const chunks: Buffer[] = [];
  const longest = random.pick([1, 7, 64, bytes.length + 1]);
  for (let at = 0; at < bytes.length; ) {
    const length = longest > bytes.length ? longest : 1 + random.below(longest);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** One fuzz input, in chunks. The same generator state gives the same input. */
export function makeInput(random: Random): Buffer[] {
  if (random.oneIn(20)) return split([random.octets(random.below(GARBAGE_BYTES))], random);
  const frames = [...random.pick(random.oneIn(2) ? WITH_CONTENT : CONVERSATIONS)];
  for (let rounds = random.below(MOST_ROUNDS + 1); rounds > 0 && frames.length > 0; rounds--) {
    random.pick(MUTATIONS)(frames, random);
  }
  return split(frames, random);
}
