/** The destinations of an exchange whose bindings say nothing but where they lead, each once. */
import type { Binding, RoutingTarget } from '../binding.ts';

export class DistinctTargets {
  readonly #counts = new Map<RoutingTarget, number>();
  /** In the order in which they were bound. */
  list: RoutingTarget[] = [];

  add({ destination }: Binding): void {
    const count = this.#counts.get(destination) ?? 0;
    this.#counts.set(destination, count + 1);
    if (count === 0) this.list.push(destination);
  }

  remove({ destination }: Binding): void {
    const left = (this.#counts.get(destination) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(destination, left);
      return;
    }
    this.#counts.delete(destination);
    this.list = this.list.filter((each) => each !== destination);
  }
}
