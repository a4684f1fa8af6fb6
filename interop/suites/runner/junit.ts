/**
 * Reads the XML of JUnit as far as results go: which tests there are, and what became of each.
 * Every language's test runner can write it. Pure.
 */
import type { TestResult } from './results.ts';

const MARKUP = new RegExp(
  [
    /<!\[CDATA\[([\s\S]*?)\]\]>/.source,
    /<!--[\s\S]*?-->/.source,
    /<\?[\s\S]*?\?>/.source,
    /<(\/?)([\w:-]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/.source,
  ].join('|'),
  'g',
);
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITY = /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};
/** What Node's own reporter has for every test. */
const NO_CLASS = 'test';

/** The tests of one file. The name of a test is made of its class, or its suites, and its own. */
export function readJunit(xml: string): TestResult[] {
  return new Reader().read(xml);
}

class Reader {
  readonly #results: TestResult[] = [];
  readonly #suites: string[] = [];
  #test: { name: string; status: TestResult['status']; error: string } | undefined;
  /** Between <failure> and </failure>: text that explains. */
  #explaining = false;

  read(xml: string): TestResult[] {
    let end = 0;
    for (const match of xml.matchAll(MARKUP)) {
      this.#text(decode(xml.slice(end, match.index)));
      end = match.index + match[0].length;
      const [, cdata, slash, tag, attributes, empty] = match;
      if (cdata !== undefined) this.#text(cdata);
      if (tag === undefined) continue;
      if (slash === '') this.#open(tag, readAttributes(attributes as string));
      if (slash === '/' || empty === '/') this.#close(tag);
    }
    return this.#results;
  }

  #open(tag: string, attributes: ReadonlyMap<string, string>): void {
    if (tag === 'testsuite') {
      this.#suites.push(attributes.get('name') ?? '');
    } else if (tag === 'testcase') {
      const known = attributes.get('classname') ?? NO_CLASS;
      const above = known === NO_CLASS ? this.#suites : [known];
      const name = [...above, attributes.get('name') ?? ''].join(' > ').replaceAll(/\s+/g, ' ');
      this.#test = { name, status: 'passed', error: '' };
    } else if (this.#test !== undefined && (tag === 'failure' || tag === 'error')) {
      this.#test.status = 'failed';
      this.#test.error ||= attributes.get('message') ?? '';
      this.#explaining = true;
    } else if (this.#test !== undefined && tag === 'skipped') {
      if (this.#test.status === 'passed') this.#test.status = 'skipped';
    }
  }

  #close(tag: string): void {
    if (tag === 'testsuite') this.#suites.pop();
    if (tag === 'failure' || tag === 'error') this.#explaining = false;
    if (tag !== 'testcase' || this.#test === undefined) return;
    this.#results.push(this.#test);
    this.#test = undefined;
  }

  #text(text: string): void {
    if (this.#explaining && this.#test !== undefined) this.#test.error ||= text.trim();
  }
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    attributes.set(name as string, decode(double ?? single ?? ''));
  }
  return attributes;
}

function decode(text: string): string {
  return text.replaceAll(ENTITY, (whole, decimal, hex, named) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[named as string] ?? whole;
  });
}
