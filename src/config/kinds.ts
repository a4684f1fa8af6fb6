/**
 * Kinds of option values: what is accepted, in words, and the check itself. Every way in (embedding
 * options, rabbitmq.conf, environment, flags) ends in the same kind, so that a limit is enforced
 * and worded once. Kinds do not know which option they serve: the caller passes the place to name
 * in the message.
 */
import { ConfigError, show } from './errors.ts';

/** A kind of value. `read` returns the checked value or throws ConfigError naming `at`. */
export interface Kind<T> {
  readonly expects: string;
  read(value: unknown, at: string): T;
}

function kind<T>(expects: string, accept: (value: unknown) => T | undefined): Kind<T> {
  return {
    expects,
    read(value, at) {
      const accepted = accept(value);
      if (accepted === undefined) {
        throw new ConfigError(`${at}: expected ${expects}, got ${show(value)}`);
      }
      return accepted;
    },
  };
}

/** A whole number in a closed range; `also` names single values outside of it that are fine too. */
export function integer(min: number, max: number, also: readonly number[] = []): Kind<number> {
  const others = also.map((value) => ` or ${value}`).join('');
  return kind(`a whole number from ${min} to ${max}${others}`, (value) => {
    if (typeof value !== 'number') return undefined;
    if (also.includes(value)) return value;
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  });
}

/** Any number in a closed range. */
export function number(min: number, max: number): Kind<number> {
  return kind(`a number from ${min} to ${max}`, (value) =>
    typeof value === 'number' && value >= min && value <= max ? value : undefined,
  );
}

/** Text of 1 to `maxBytes` octets in UTF-8: AMQP's short strings end at 255. */
export function text(maxBytes: number): Kind<string> {
  return kind(`text of 1 to ${maxBytes} octets`, (value) =>
    isText(value, maxBytes) ? value : undefined,
  );
}

function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxBytes;
}

/** The path of a folder, or null for none. 4096 octets is the longest that Linux takes. */
export const folder: Kind<string | null> = kind('a path of 1 to 4096 octets, or null', (value) =>
  value === null || (isText(value, 4096) && !value.includes('\0')) ? value : undefined,
);

/** A path, or what a file there would hold. */
export const pathOrObject: Kind<string | object> = kind('a path or an object', (value) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return structuredClone(value);
  }
  return isText(value, 4096) ? value : undefined;
});

/** Text that must not show up in a message. */
export const secret: Kind<string> = {
  expects: 'text that is not empty',
  read(value, at) {
    if (typeof value === 'string' && value !== '') return value;
    throw new ConfigError(`${at}: expected ${secret.expects}`);
  },
};

/** What fits into a short string of AMQP: names. */
export const shortText: Kind<string> = text(255);

/** Any text, the empty one too. */
export const anyText: Kind<string> = kind('text', (value) =>
  typeof value === 'string' ? value : undefined,
);

export const yesOrNo: Kind<boolean> = kind('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  return kind(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value));
}

/** A kind, or null for none. */
export function orNull<T>(item: Kind<T>): Kind<T | null> {
  return {
    expects: `${item.expects}, or null`,
    read: (value, at) => (value === null ? null : item.read(value, at)),
  };
}

/** `least` or more of a kind; a single one may stand without its array. */
export function listOf<T>(item: Kind<T>, least: 0 | 1 = 1): Kind<readonly T[]> {
  const expects = `${least === 0 ? 'any number' : 'one or more'} of: ${item.expects}`;
  return {
    expects,
    read(value, at) {
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (items.length < least) throw new ConfigError(`${at}: expected ${expects}, got none`);
      return items.map((each) => item.read(each, at));
    },
  };
}

/** An object whose values are all of one kind. */
export function recordOf<T>(item: Kind<T>): Kind<Readonly<Record<string, T>>> {
  const expects = `an object of names, each with ${item.expects}`;
  return {
    expects,
    read(value, at) {
      const entries = Object.entries(asObject(value, at, expects));
      return Object.fromEntries(
        entries.map(([key, each]) => [key, item.read(each, `${at}.${key}`)]),
      );
    },
  };
}

/** An object with the given members; a member that the kind does not know is refused. */
export function shape<T>(
  members: { readonly [K in keyof T]-?: Kind<Exclude<T[K], undefined>> },
  required: readonly (keyof T & string)[],
): Kind<T> {
  const names = Object.keys(members);
  const expects = `an object with ${names.join(', ')}`;
  return {
    expects,
    read(value, at) {
      const given = asObject(value, at, expects);
      for (const key of Object.keys(given)) {
        if (!names.includes(key)) throw new ConfigError(`${at}: unknown member '${key}'`);
      }
      const read: Partial<T> = {};
      for (const key of names as (keyof T & string)[]) {
        const each = given[key];
        if (each !== undefined) read[key] = members[key].read(each, `${at}.${key}`);
        else if (required.includes(key)) throw new ConfigError(`${at}: '${key}' is missing`);
      }
      return read as T;
    },
  };
}

function asObject(value: unknown, at: string, expects: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${at}: expected ${expects}, got ${show(value)}`);
  }
  return value as Record<string, unknown>;
}
