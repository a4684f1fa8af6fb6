/** Counts and prints what the scenarios showed. */
import { print } from '../runner/command.ts';
import type { Verdict } from './compare.ts';
import type { Options } from './options.ts';

const WHAT = {
  differs: 'differs',
  other: 'differs otherwise than known.json says',
  gone: 'is in known.json and no longer differs: take it out',
} as const;

export class Report {
  readonly #options: Options;
  #same = 0;
  #known = 0;
  #failed = 0;
  #leftOut = 0;
  #frames = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  scenario(title: string, verdict: Verdict, lines: readonly string[], frames: number): void {
    this.#frames += frames;
    if (this.#options.verbose) print([`# ${title}`, ...lines].join('\n    '));
    if (verdict.kind === 'same') {
      this.#same += 1;
    } else if (verdict.kind === 'known') {
      this.#known += 1;
    } else {
      this.#failed += 1;
      print([`not ok ${title} ${WHAT[verdict.kind]}`, ...verdict.lines].join('\n    '));
      if (this.#options.printKnown && verdict.kind !== 'gone') {
        const entry = { scenario: title, rabbitmq: '3.10.8', reason: '', differs: verdict.lines };
        print(`${JSON.stringify(entry, undefined, 2)},`);
      }
    }
  }

  /** A scenario that the broker of PARITY_URL is not set up for. */
  leftOut(title: string): void {
    this.#leftOut += 1;
    print(`left out, needs users and limits of its own: ${title}`);
  }

  /** An entry of known.json for which there is no scenario. */
  unknownEntry(title: string): void {
    this.#failed += 1;
    print(`not ok known.json names ${title}, which is no scenario`);
  }

  /** Prints the sums; true when nothing failed. */
  end(): boolean {
    print(
      `${this.#same + this.#known + this.#failed} scenarios, ${this.#frames} frames compared: ` +
        `${this.#same} the same, ${this.#known} with a known difference, ` +
        `${this.#leftOut} left out`,
    );
    print(`${this.#same + this.#known} passed, ${this.#failed} failed`);
    return this.#failed === 0;
  }
}
