import { expect } from 'chai';
import fc from 'fast-check';
import { REPLY_CODES, type ReplyName } from '../../../protocol/constants.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { BrokerError, type BrokerErrorKind } from '../../../src/broker/errors.ts';
import { closingFor, cutReplyText, isDefect, SessionError } from '../../../src/session/close.ts';

const QUEUE_DECLARE = (50 << 16) | 10;

const KINDS: Readonly<
  Record<BrokerErrorKind, readonly [number, string, 'channel' | 'connection']>
> = {
  'access-refused': [403, 'ACCESS_REFUSED', 'channel'],
  'not-found': [404, 'NOT_FOUND', 'channel'],
  'resource-locked': [405, 'RESOURCE_LOCKED', 'channel'],
  'precondition-failed': [406, 'PRECONDITION_FAILED', 'channel'],
  'not-allowed': [530, 'NOT_ALLOWED', 'connection'],
  'not-implemented': [540, 'NOT_IMPLEMENTED', 'connection'],
  'internal-error': [541, 'INTERNAL_ERROR', 'connection'],
};

describe('closingFor', () => {
  for (const [kind, [replyCode, name, scope]] of Object.entries(KINDS)) {
    it(`closes the ${scope} with ${replyCode} for ${kind}`, () => {
      const error = new BrokerError(kind as BrokerErrorKind, 'so it is');
      expect(closingFor(error, QUEUE_DECLARE)).to.deep.equal({
        scope,
        replyCode,
        replyText: `${name} - so it is`,
        classId: 50,
        methodId: 10,
      });
    });
  }

  it('gives every reply name its code and scope', () => {
    for (const [name, { code, hard }] of Object.entries(REPLY_CODES)) {
      const closing = closingFor(new SessionError(name as ReplyName, 'text'), 0);
      expect(closing).to.include({ replyCode: code, scope: hard ? 'connection' : 'channel' });
    }
  });

  it('names the method under way for errors of the session, unless they name another', () => {
    expect(closingFor(new SessionError('COMMAND_INVALID', 'x'), QUEUE_DECLARE)).to.include({
      replyCode: 503,
      classId: 50,
      methodId: 10,
    });
    expect(closingFor(new SessionError('NOT_ALLOWED', 'x', 0, 0), QUEUE_DECLARE)).to.include({
      classId: 0,
      methodId: 0,
    });
    expect(closingFor(new SessionError('NOT_ALLOWED', 'x', 60, 40), 0)).to.include({
      classId: 60,
      methodId: 40,
    });
  });

  it('names the method that the wire layer names, also when that is none', () => {
    const known = new ProtocolError('SYNTAX_ERROR', 'x', 60, 40);
    expect(closingFor(known, QUEUE_DECLARE)).to.deep.include({
      scope: 'connection',
      replyText: 'SYNTAX_ERROR - x',
      classId: 60,
      methodId: 40,
    });
    const unknown = new ProtocolError('FRAME_ERROR', 'x');
    expect(closingFor(unknown, QUEUE_DECLARE)).to.include({ classId: 0, methodId: 0 });
  });

  it('says nothing about defects but that there was one', () => {
    for (const error of [new TypeError('secret'), 'secret', undefined]) {
      expect(closingFor(error, QUEUE_DECLARE)).to.deep.equal({
        scope: 'connection',
        replyCode: 541,
        replyText: 'INTERNAL_ERROR',
        classId: 50,
        methodId: 10,
      });
      expect(isDefect(error)).to.equal(true);
    }
    const told = new ProtocolError('INTERNAL_ERROR', '', 0, 0, 'detail');
    expect(closingFor(told, 0).replyText).to.equal('INTERNAL_ERROR');
  });

  it('says the bare name where there is no explanation', () => {
    expect(closingFor(new SessionError('FRAME_ERROR', ''), 0).replyText).to.equal('FRAME_ERROR');
  });

  it('cuts long explanations', () => {
    const { replyText } = closingFor(new BrokerError('not-found', 'x'.repeat(300)), 0);
    expect(replyText).to.equal(`NOT_FOUND - ${'x'.repeat(240)}...`);
    expect(replyText).to.have.length(255);
  });
});

describe('isDefect', () => {
  it('is not what was thrown on purpose', () => {
    expect(isDefect(new BrokerError('not-found', 'x'))).to.equal(false);
    expect(isDefect(new ProtocolError('FRAME_ERROR', 'x'))).to.equal(false);
    expect(isDefect(new SessionError('FRAME_ERROR', 'x'))).to.equal(false);
  });
});

describe('cutReplyText', () => {
  it('leaves what fits into 255 octets', () => {
    for (const text of ['', 'x'.repeat(255), 'é'.repeat(127), `${'🐇'.repeat(63)}abc`]) {
      expect(cutReplyText(text)).to.equal(text);
    }
  });

  it('cuts on a character’s boundary', () => {
    expect(cutReplyText('x'.repeat(256))).to.equal(`${'x'.repeat(252)}...`);
    expect(cutReplyText('é'.repeat(128))).to.equal(`${'é'.repeat(126)}...`);
    expect(cutReplyText(`x${'é'.repeat(128)}`)).to.equal(`x${'é'.repeat(125)}...`);
    expect(cutReplyText(`${'x'.repeat(250)}🐇🐇`)).to.equal(`${'x'.repeat(250)}...`);
    expect(cutReplyText(`${'x'.repeat(248)}🐇🐇`)).to.equal(`${'x'.repeat(248)}🐇...`);
  });

  it('keeps as much of any text as fits', () => {
    const text = fc.string({ unit: 'binary', minLength: 60, maxLength: 400 });
    fc.assert(
      fc.property(text, (given) => {
        const cut = cutReplyText(given);
        if (Buffer.byteLength(given) <= 255) {
          expect(cut).to.equal(given);
          return;
        }
        const bytes = Buffer.byteLength(cut);
        expect(bytes).to.be.within(252, 255);
        expect(cut.endsWith('...')).to.equal(true);
        expect(Buffer.from(given).toString().startsWith(cut.slice(0, -3))).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});
