/**
 * What happened to a message in a queue, as the clients saw it: small enough to be kept for all of
 * them, and readable when one of them went wrong.
 */

const KINDS = [
  'sent',
  'confirmed',
  'delivered',
  'delivered as redelivered',
  'acked',
  'ack safe',
  'put back',
  'commit sent',
  'committed',
  'undone',
  'purged',
  'absent after the restart',
  'there after the restart',
  'lost with the restart: not persistent',
] as const;

export type EventKind = (typeof KINDS)[number];

const KIND_SPAN = 32;
const ROUND_SPAN = 65_536;

/** The rounds and the time that events are noted with. */
export class Chronicle {
  round = 0;
  readonly #start = Date.now();

  /** One event as a number, to be read again with `describe`. */
  note(kind: EventKind): number {
    const milliseconds = Date.now() - this.#start;
    return (milliseconds * ROUND_SPAN + this.round) * KIND_SPAN + KINDS.indexOf(kind);
  }

  /** `round 3 14:02:11.120 sent, ...` */
  describe(history: readonly number[]): string {
    let round = -1;
    const parts = history.map((event) => {
      const kind = KINDS[event % KIND_SPAN] ?? '?';
      const rest = Math.floor(event / KIND_SPAN);
      const prefix = rest % ROUND_SPAN === round ? '' : `round ${rest % ROUND_SPAN}: `;
      round = rest % ROUND_SPAN;
      const time = new Date(this.#start + Math.floor(rest / ROUND_SPAN));
      return `${prefix}${time.toISOString().slice(11, 23)} ${kind}`;
    });
    return parts.join(', ');
  }
}
