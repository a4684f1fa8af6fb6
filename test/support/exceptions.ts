// Tests that a foreign broker cannot pass, by the beginning of their full titles, with what
// RabbitMQ 3.10 (Debian's, the one that the suite is compared with) does in place of what is
// expected of Leveret. They are skipped where LEVERET_TEST_URL names a broker.

const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    'tune-ok out of bounds',
    'up to 4.1 silence for three seconds and the end; 4.3 gives the reason, which Leveret does too',
  ],
  [
    'refusals an exchange type ',
    '3.10 answers 503 COMMAND_INVALID and closes the connection; 3.13 answers 406',
  ],
  [
    'refusals content out of order a body longer than announced',
    '3.10 says nothing and waits for more, without end; Leveret refuses',
  ],
  ...['a table ', 'an unknown class', 'an unknown method'].map((title): [string, string] => [
    `refusals malformed methods ${title}`,
    '3.10 drops the connection without a word; Leveret says why',
  ]),
  [
    'a headers exchange a whole number and a double',
    '3.10 compares by value with ==; 3.13 compares with =:=',
  ],
  [
    'properties with a delivery mode of 7 ',
    '3.10 refuses it: 406 `invalid message: {delivery_mode_unknown,7}`; since 3.13 only 2 matters',
  ],
]);

/** Why a foreign broker does not run the test of this full title, if it does not. */
export function exceptionFor(fullTitle: string): string | undefined {
  for (const [beginning, reason] of EXCEPTIONS) {
    if (fullTitle.startsWith(beginning)) return reason;
  }
  return undefined;
}
