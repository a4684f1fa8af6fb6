// The vocabulary of the error tables: a row names what is sent and the exact refusal; refuse()
// plays it on a fresh connection. A soft code must close channel 1 and leave the connection
// usable, a hard one must close the connection, and nothing else may come in either case.
import { REPLY_CODES } from '../../protocol/constants.ts';
import type { Properties } from '../../protocol/properties.ts';
import { type MethodFields, type MethodName, SPEC } from '../../protocol/spec.ts';
import type { HandshakeOptions, Ids, Peer } from './peer.ts';
import type { Target } from './target.ts';

/** Something that a client sends on channel 1 (0 for class connection). */
export interface Step {
  /** The method that a refusal blames; none for what is not a method. */
  readonly blames: MethodName | undefined;
  send(peer: Peer): void;
  /** Sends it and takes the answer of a synchronous method. */
  run(peer: Peer): Promise<unknown>;
}

/** Names of a row's own, deleted after the test: a queue and two exchanges. */
export interface Names {
  readonly q: string;
  readonly x: string;
  readonly y: string;
}

export interface Case {
  /** Done first by another client, which stays connected. */
  readonly elsewhere?: readonly Step[];
  /** Done first by the client itself; must succeed. */
  readonly given?: readonly Step[];
  readonly when: Step;
  /**
   * Reply code and text after `NAME - ` (just the name if there is none); a third item is the
   * method blamed, if not `when`'s. Or the connection is dropped without a word.
   */
  readonly refused:
    | readonly [code: number, text: string, blames?: MethodName | Ids | 'nothing']
    | 'dropped';
  readonly client?: HandshakeOptions;
  /** RabbitMQ closes the socket only after three seconds, answered or not: not waited for. */
  readonly lingers?: boolean;
}

export interface Row {
  readonly title: string;
  readonly make: (names: Names) => Case;
}

export function row(title: string, make: (names: Names) => Case): Row {
  return { title, make };
}

export function call<N extends MethodName>(name: N, fields: Partial<MethodFields<N>> = {}): Step {
  const channel = name.startsWith('connection.') ? 0 : 1;
  return {
    blames: name,
    send: (peer) => peer.send(channel, name, fields),
    async run(peer) {
      peer.send(channel, name, fields);
      if ('replies' in SPEC[name] && !('nowait' in fields)) await peer.next(channel);
    },
  };
}

export function publish(
  fields: Partial<MethodFields<'basic.publish'>>,
  properties: Properties = {},
  body = 'm',
): Step {
  const send = (peer: Peer) => peer.publish(1, fields, properties, body);
  return { blames: 'basic.publish', send, run: async (peer) => send(peer) };
}

/** Whatever else a row has to write. */
export function write(blames: MethodName | undefined, send: (peer: Peer) => void): Step {
  return { blames, send, run: async (peer) => send(peer) };
}

/** Takes a delivery, whose tag on a fresh channel is 1. */
export const takeDelivery: Step = {
  blames: undefined,
  send: () => undefined,
  run: (peer) => peer.nextDelivery(1),
};

/** Plays a row against the target. */
export async function refuse(target: Target, { make }: Row): Promise<void> {
  const names = { q: target.name('q'), x: target.name('x'), y: target.name('y') };
  const { elsewhere = [], given = [], when, refused, client = {}, lingers } = make(names);
  if (elsewhere.length > 0) {
    const other = await target.channel();
    for (const step of elsewhere) await step.run(other);
    await other.fence(1);
  }
  const peer = await target.channel(client);
  for (const step of given) await step.run(peer);
  when.send(peer);

  if (refused === 'dropped') {
    await peer.expectEnd();
    return;
  }
  const [code, explanation, blamed = when.blames] = refused;
  const [name, { hard }] = replyOf(code);
  const method = blamed === 'nothing' || blamed === undefined ? {} : { method: blamed };
  const text = explanation === '' ? name : `${name} - ${explanation}`;
  const close = { code, text, ...method };
  if (hard) {
    await (lingers ? peer.takeConnectionClose(close) : peer.expectConnectionClose(close));
    const stray = peer.wire.inbox(1)[0];
    if (stray !== undefined) throw new Error(`${stray.method.name} came before connection.close`);
  } else {
    await peer.expectClose(1, close);
    await peer.open(1);
    await peer.fence(1);
  }
}

function replyOf(code: number): [string, { code: number; hard: boolean }] {
  const found = Object.entries(REPLY_CODES).find(([, reply]) => reply.code === code);
  if (found === undefined) throw new Error(`no reply code ${code}`);
  return found;
}
