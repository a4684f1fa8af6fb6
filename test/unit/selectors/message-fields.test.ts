// What selectors see of a message.
import { expect } from 'chai';
import { encodeProperties } from '../../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { fieldsOf } from '../../../src/broker/selectors/message-fields.ts';
import { MessageView } from '../../../src/broker/selectors/selector.ts';
import { parseSelector } from '../../../src/broker/selectors/sql.ts';
import { messageOf } from '../support/broker-parts.ts';

const HEADERS: FieldTable = new Map<string, FieldValue>([
  ['s', { type: 'S', value: 'text' }],
  ['octets', { type: 'x', value: Buffer.from('text') }],
  ['int', { type: 'l', value: 2n ** 60n }],
  ['double', { type: 'd', value: 1.5 }],
  ['decimal', { type: 'D', value: { scale: 2, value: 314 } }],
  ['bool', { type: 't', value: false }],
  ['time', { type: 'T', value: 1_700_000_000 }],
  ['table', { type: 'F', value: new Map() }],
  ['list', { type: 'A', value: [] }],
  ['void', { type: 'V', value: null }],
  ['p.type', { type: 'S', value: 'a header' }],
]);

const MESSAGE = messageOf(
  'body',
  encodeProperties({
    contentType: 'text/plain',
    contentEncoding: 'gzip',
    headers: HEADERS,
    deliveryMode: 2,
    priority: 7,
    correlationId: 'c',
    replyTo: 'r',
    expiration: '1000',
    messageId: 'm',
    timestamp: 1_700_000_000,
    type: 't',
    userId: 'u',
    appId: 'a',
  }),
);

describe('Fields of a message', () => {
  const fields = fieldsOf(MESSAGE);

  it('are its headers, as text, numbers and truth values', () => {
    expect(fields('s')).to.equal('text');
    expect(fields('int')).to.equal(2n ** 60n);
    expect(fields('double')).to.equal(1.5);
    expect(fields('decimal')).to.equal(3.14);
    expect(fields('bool')).to.equal(false);
    expect(fields('time')).to.equal(1_700_000_000);
    for (const name of ['octets', 'table', 'list', 'void', 'missing']) {
      expect(fields(name), name).to.equal(undefined);
    }
  });

  it('are its properties', () => {
    const seen = Object.fromEntries(
      ['content_type', 'content_encoding', 'delivery_mode', 'priority', 'correlation_id']
        .concat(['reply_to', 'expiration', 'message_id', 'timestamp', 'type', 'user_id', 'app_id'])
        .map((name) => [name, fields(`properties.${name}`)]),
    );
    expect(seen).to.deep.equal({
      content_type: 'text/plain',
      content_encoding: 'gzip',
      delivery_mode: 2,
      priority: 7,
      correlation_id: 'c',
      reply_to: 'r',
      expiration: '1000',
      message_id: 'm',
      timestamp: 1_700_000_000,
      type: 't',
      user_id: 'u',
      app_id: 'a',
    });
    expect(fields('p.type')).to.equal('t');
    expect(fields('"p.type')).to.equal('a header');
    expect(fields('p.routing_key')).to.equal(MESSAGE.address.routingKey);
    expect(fields('p.exchange')).to.equal(MESSAGE.address.exchange);
  });

  it('have the names of Jakarta Messaging, too', () => {
    expect(fields('JMSMessageID')).to.equal('m');
    expect(fields('JMSCorrelationID')).to.equal('c');
    expect(fields('JMSType')).to.equal('t');
    expect(fields('JMSPriority')).to.equal(7);
    expect(fields('JMSTimestamp')).to.equal(1_700_000_000_000n);
    expect(fields('JMSDeliveryMode')).to.equal('PERSISTENT');
    const bare = fieldsOf(messageOf('x'));
    expect(bare('JMSDeliveryMode')).to.equal('NON_PERSISTENT');
    expect(bare('JMSTimestamp')).to.equal(undefined);
    expect(bare('s')).to.equal(undefined);
  });

  it('are looked at anew for each message', () => {
    const view = new MessageView();
    const selector = parseSelector("s = 'text'");
    expect(view.isSelected(MESSAGE, selector)).to.equal(true);
    expect(view.isSelected(messageOf('other'), selector)).to.equal(false);
    expect(view.isSelected(MESSAGE, selector)).to.equal(true);
  });
});
