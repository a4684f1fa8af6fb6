/**
 * The order of deliveries: messages of one stream keep, in each queue, the order in which they were
 * sent. Their ids rise, so it is enough to remember the last one.
 */

export class OrderCheck {
  readonly #last = new Map<string, number>();

  /** Notes a delivery; answers with the id that came before and should have come later, or null. */
  follow(stream: string, id: number): number | null {
    const before = this.#last.get(stream) ?? 0;
    if (id <= before) return before;
    this.#last.set(stream, id);
    return null;
  }
}

/** A channel that gets deliveries: two of them may see those of one queue in any interleaving. */
export class Receiver {
  readonly name: string;
  readonly #firsts = new Map<string, OrderCheck>();

  constructor(name: string) {
    this.name = name;
  }

  /** The order of what comes from `queue` for the first time. */
  firstsOf(queue: string): OrderCheck {
    let check = this.#firsts.get(queue);
    if (check === undefined) {
      check = new OrderCheck();
      this.#firsts.set(queue, check);
    }
    return check;
  }
}
