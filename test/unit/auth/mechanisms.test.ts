import { expect } from 'chai';
import fc from 'fast-check';
import { encodeTable, type FieldValue } from '../../../protocol/table.ts';
import { amqplain } from '../../../src/auth/mechanisms/amqplain.ts';
import { plain } from '../../../src/auth/mechanisms/plain.ts';
import { mechanismsFor } from '../../../src/auth/mechanisms/registry.ts';

const body = (entries: readonly [string, FieldValue][]): Buffer =>
  encodeTable(new Map(entries)).subarray(4);
const text = (value: string): FieldValue => ({ type: 'S', value });

describe('SASL mechanisms', () => {
  it('are offered in RabbitMQ’s order', () => {
    expect([...mechanismsFor(null)]).to.deep.equal([
      ['PLAIN', plain],
      ['AMQPLAIN', amqplain],
    ]);
    const nobody = { user: 'guest', password: 'guest' };
    const all = mechanismsFor(nobody);
    expect([...all.keys()]).to.deep.equal(['PLAIN', 'AMQPLAIN', 'ANONYMOUS']);
    expect(all.get('ANONYMOUS')?.(Buffer.from('trace me'))).to.deep.equal(nobody);
  });

  describe('PLAIN', () => {
    const rows: readonly (readonly [string, string | readonly [string, string]])[] = [
      ['\0guest\0guest', ['guest', 'guest']],
      ['\0é\0日', ['é', '日']],
      ['\0guest\0', ['guest', '']],
      ['\0\0', ['', '']],
      ['', 'malformed'],
      ['\0', 'malformed'],
      ['\0guest', 'malformed'],
      ['guest\0guest', 'malformed'],
      ['other\0guest\0guest', 'malformed'],
      ['\0guest\0guest\0', 'malformed'],
      ['\0guest\0gu\0est', 'malformed'],
    ];
    for (const [response, expected] of rows) {
      it(JSON.stringify(response), () => {
        const credentials =
          typeof expected === 'string' ? expected : { user: expected[0], password: expected[1] };
        expect(plain(Buffer.from(response))).to.deep.equal(credentials);
      });
    }
  });

  describe('AMQPLAIN', () => {
    it('reads LOGIN and PASSWORD', () => {
      const credentials = { user: 'é', password: 'guest' };
      expect(
        amqplain(
          body([
            ['LOGIN', text('é')],
            ['PASSWORD', text('guest')],
          ]),
        ),
      ).to.deep.equal(credentials);
      expect(
        amqplain(
          body([
            ['x', { type: 'V', value: null }],
            ['PASSWORD', { type: 'x', value: Buffer.from('guest') }],
            ['LOGIN', { type: 'x', value: Buffer.from('é') }],
          ]),
        ),
      ).to.deep.equal(credentials);
    });

    it('is malformed without them', () => {
      const good = body([
        ['LOGIN', text('a')],
        ['PASSWORD', text('b')],
      ]);
      const bad = [
        Buffer.alloc(0),
        Buffer.from('xx'),
        body([['LOGIN', text('a')]]),
        body([['PASSWORD', text('b')]]),
        body([
          ['login', text('a')],
          ['PASSWORD', text('b')],
        ]),
        body([
          ['LOGIN', { type: 'I', value: 1 }],
          ['PASSWORD', text('b')],
        ]),
        body([
          ['LOGIN', text('a')],
          ['PASSWORD', { type: 't', value: true }],
        ]),
        good.subarray(0, good.length - 1),
        Buffer.concat([Buffer.of(0, 0, 0, good.length), good]),
      ];
      for (const response of bad) expect(amqplain(response)).to.equal('malformed');
    });
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of mechanismsFor(null).values()) read(Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });
});
