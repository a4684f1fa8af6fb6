/**
 * `npm run bench:micro`: times the hot functions one by one.
 *
 * Responsible for the list and the table. Arguments are parts of names: only cases that contain one
 * of them run.
 */
import { cases as checksum } from './micro/checksum.ts';
import { cases as deliverEncode } from './micro/deliver-encode.ts';
import { cases as frameParser } from './micro/frame-parser.ts';
import { type MicroResult, measureCase } from './micro/harness.ts';
import { cases as publishDecode } from './micro/publish-decode.ts';
import { cases as topicMatch } from './micro/topic-match.ts';
import { textTable } from './support/table.ts';

const ALL = [...frameParser, ...publishDecode, ...deliverEncode, ...topicMatch, ...checksum];

function row({ name, per, minNs, medianNs }: MicroResult): string[] {
  return [name, minNs.toFixed(1), medianNs.toFixed(1), (1e3 / medianNs).toFixed(2), per];
}

const wanted = process.argv.slice(2);
const chosen = ALL.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const rows = chosen.map((one) => row(measureCase(one)));
process.stdout.write(
  textTable({ head: ['what', 'min ns', 'median ns', 'million/s', 'one operation'], rows }),
);
