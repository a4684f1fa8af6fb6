import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../../protocol/errors.ts';
import {
  decodeProperties,
  encodeProperties,
  type Properties,
} from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import { BrokerError, errors } from '../../../src/broker/errors.ts';
import {
  headersOf,
  inspectProperties,
  type Publisher,
  REPLY_TO_QUEUE,
} from '../../../src/broker/inspection.ts';
import { anyProperties } from '../protocol/support/arbitraries.ts';

const REPLY_ADDRESS = `${REPLY_TO_QUEUE}.some-address`;

const PUBLISHER: Publisher = {
  user: 'somebody',
  mayImpersonate: false,
  replyAddress: () => REPLY_ADDRESS,
};

/** Inspects those properties, which lie in the middle of other octets. */
function inspect(properties: Properties, publisher = PUBLISHER) {
  const bytes = encodeProperties(properties);
  const around = Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(5, 0xff)]);
  return inspectProperties(around, 7, 7 + bytes.length, publisher);
}

/** Inspects properties of which something must be rewritten, and decodes what comes of it. */
function rewritten(properties: Properties): Properties {
  const { rewritten: octets } = inspect(properties);
  if (octets === null) throw new Error('the properties stay as they are');
  return decodeProperties(octets, 0, octets.length);
}

function refused(properties: Properties, text: string, publisher = PUBLISHER): void {
  expect(() => inspect(properties, publisher))
    .to.throw(BrokerError)
    .that.includes({ kind: 'precondition-failed', message: text });
}

describe('inspectProperties', () => {
  it('finds nothing in the usual message, and makes nothing for it', () => {
    const usual: readonly Properties[] = [
      {},
      { deliveryMode: 2 },
      { deliveryMode: 1, priority: 9, contentType: 'text/plain', correlationId: '1' },
      { headers: fromObject({ a: 1, cc: ['x'], BC: 1 }), messageId: 'm', timestamp: 1 },
      { replyTo: 'my-queue' },
      { replyTo: REPLY_ADDRESS },
      { userId: 'somebody', expiration: '100' },
    ];
    const first = inspect({});
    expect(first).to.deep.equal({ moreKeys: [], blindKeys: [], rewritten: null });
    for (const properties of usual) expect(inspect(properties)).to.equal(first);
  });

  it('refuses malformed properties', () => {
    const bytes = encodeProperties({ contentType: 'text/plain' });
    for (const end of [0, 1, 5, bytes.length - 1]) {
      expect(() => inspectProperties(bytes, 0, end, PUBLISHER)).to.throw(ProtocolError);
    }
  });

  it('leaves alone what it has no business with, whatever it is', () => {
    const others = anyProperties().map(
      ({ headers: _h, userId: _u, expiration: _e, replyTo: _r, ...rest }) => rest,
    );
    fc.assert(
      fc.property(others, (properties) => {
        expect(inspect(properties)).to.deep.equal({ moreKeys: [], blindKeys: [], rewritten: null });
      }),
    );
  });

  describe('user-id (A9.5)', () => {
    it('may be that of the publisher', () => {
      expect(inspect({ userId: 'somebody' }).rewritten).to.equal(null);
    });

    it('may not be another, nor empty', () => {
      const text = (claimed: string) =>
        `user_id property set to '${claimed}' but authenticated user was 'somebody'`;
      refused({ userId: 'admin' }, text('admin'));
      refused({ userId: '' }, text(''));
      refused({ userId: 'somebody ' }, text('somebody '));
    });

    it('may be any for an impersonator', () => {
      const impersonator = { ...PUBLISHER, mayImpersonate: true };
      expect(inspect({ userId: 'admin' }, impersonator).rewritten).to.equal(null);
    });
  });

  describe('expiration', () => {
    for (const value of ['0', '1', '+5', '007', '-0', '315360000000']) {
      it(`may be '${value}'`, () => {
        expect(inspect({ expiration: value })).to.deep.equal({
          moreKeys: [],
          blindKeys: [],
          rewritten: null,
        });
      });
    }

    for (const [value, reason] of [
      ['', 'no_integer'],
      ['abc', 'no_integer'],
      ['-', 'no_integer'],
      [' 1', 'no_integer'],
      ['1 ', '{leftover_string," "}'],
      ['10s', '{leftover_string,"s"}'],
      ['1.5', '{leftover_string,".5"}'],
      ['-1', '{value_negative,-1}'],
      ['315360000001', '{value_too_large,315360000001}'],
      ['99999999999999999999999', '{value_too_large,99999999999999999999999}'],
    ] as const) {
      it(`may not be '${value}'`, () => {
        refused({ expiration: value }, `invalid expiration '${value}': ${reason}`);
      });
    }
  });

  describe('CC and BCC (A9.6)', () => {
    it('name more keys; CC stays', () => {
      const found = inspect({ headers: fromObject({ CC: ['a', 'b'] }) });
      expect(found).to.deep.equal({ moreKeys: ['a', 'b'], blindKeys: [], rewritten: null });
    });

    it('name more keys; BCC goes, and nothing else', () => {
      const properties: Properties = {
        deliveryMode: 2,
        replyTo: 'r',
        headers: fromObject({ x: 1, CC: ['c'], BCC: ['a', 'b'], y: { BCC: ['inner'] } }),
      };
      expect(inspect(properties).moreKeys).to.deep.equal(['c', 'a', 'b']);
      expect(rewritten(properties)).to.deep.equal({
        ...properties,
        headers: fromObject({ x: 1, CC: ['c'], y: { BCC: ['inner'] } }),
      });
    });

    it('leave a table that has become empty', () => {
      expect(rewritten({ headers: fromObject({ BCC: ['a'] }) }).headers).to.deep.equal(new Map());
    });

    it('may be empty, and hold what is no text, which is passed over', () => {
      const found = inspect({ headers: fromObject({ CC: [], BCC: ['a', 1, null, true] }) });
      expect(found.moreKeys).to.deep.equal(['a']);
    });

    it('take keys that are no UTF-8 text', () => {
      const key = { type: 'S', value: Buffer.from([0xff]) } as const;
      const headers = new Map([['CC', { type: 'A', value: [key] } as const]]);
      expect(inspect({ headers }).moreKeys).to.deep.equal(['\ufffd']);
    });

    for (const [header, value, type] of [
      ['CC', 'a', 'longstr'],
      ['BCC', 1, 'signedint'],
      ['CC', { a: 1 }, 'table'],
      ['BCC', null, 'void'],
    ] as const) {
      it(`must be arrays: ${header} as ${type}`, () => {
        const text = `invalid message: {unacceptable_type_in_header,"${header}",${type}}`;
        refused({ headers: fromObject({ [header]: value }) }, text);
      });
    }

    it('are found by their exact names at the top level only', () => {
      const headers = fromObject({ cc: ['a'], Bcc: ['a'], inner: { CC: ['a'], BCC: ['a'] } });
      expect(inspect({ headers })).to.deep.equal({ moreKeys: [], blindKeys: [], rewritten: null });
    });
  });

  describe('reply-to (A9.7)', () => {
    it('of a requester becomes the address of its channel, all else stays', () => {
      const properties: Properties = {
        contentType: 'a/b',
        headers: fromObject({ a: 1 }),
        correlationId: '7',
        replyTo: REPLY_TO_QUEUE,
        appId: 'x',
      };
      expect(rewritten(properties)).to.deep.equal({ ...properties, replyTo: REPLY_ADDRESS });
      expect(inspect(properties).moreKeys).to.deep.equal([]);
    });

    it('is rewritten together with the removal of BCC', () => {
      const properties = {
        replyTo: REPLY_TO_QUEUE,
        headers: fromObject({ CC: ['c'], BCC: ['b'] }),
      };
      expect(inspect(properties).moreKeys).to.deep.equal(['c', 'b']);
      expect(rewritten(properties)).to.deep.equal({
        replyTo: REPLY_ADDRESS,
        headers: fromObject({ CC: ['c'] }),
      });
    });

    it('is refused where the channel has no reply consumer', () => {
      const publisher = {
        ...PUBLISHER,
        replyAddress: () => {
          throw errors.replyConsumerMissing();
        },
      };
      refused({ replyTo: REPLY_TO_QUEUE }, 'fast reply consumer does not exist', publisher);
    });

    it('is not asked for otherwise', () => {
      const publisher = {
        ...PUBLISHER,
        replyAddress: () => {
          throw new Error('asked for');
        },
      };
      expect(inspect({ replyTo: 'x' }, publisher).rewritten).to.equal(null);
      expect(inspect({ headers: fromObject({ BCC: [] }) }, publisher).moreKeys).to.deep.equal([]);
    });
  });
});

describe('headersOf', () => {
  const headers = (properties: Properties) => {
    const bytes = encodeProperties(properties);
    return headersOf(bytes, 0, bytes.length);
  };

  it('decodes the headers, where there are any', () => {
    const table = fromObject({ a: 1, b: [true, 'x'] });
    expect(headers({ contentType: 'x', headers: table, priority: 1 })).to.deep.equal(table);
    expect(headers({ headers: new Map() })).to.deep.equal(new Map());
    expect(headers({ contentType: 'x', priority: 1 })).to.equal(undefined);
    expect(headers({})).to.equal(undefined);
  });
});
