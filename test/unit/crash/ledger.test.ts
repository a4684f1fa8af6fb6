// The crash test's ledger: each promise that a broker can break is broken here once, and found.
import { expect } from 'chai';
import { Books } from './books.ts';

describe('the ledger of the crash test', () => {
  let books: Books;
  beforeEach(() => {
    books = new Books({ a: { isSingle: true }, b: {}, lossy: { isLossy: true } });
  });

  /** Exactly one violation, and what it says. */
  function expectOne(text: RegExp): void {
    expect(books.found).to.have.length(1);
    expect(books.found[0]).to.match(text);
  }

  it('finds nothing where all is well', () => {
    const { ledger } = books;
    const first = books.sent(['a', 'b']);
    const second = books.sent('a');
    const copy = books.deliver('a', first);
    ledger.acked([copy]);
    ledger.proved([copy]);
    books.deliver('a', second);
    books.restart({ a: 1, b: 1 });
    ledger.drained(books.deliver('a', second, true));
    ledger.drained(books.deliver('b', first));
    ledger.restarts.finish();
    expect(books.found).to.deep.equal([]);
  });

  describe('of what was confirmed', () => {
    it('misses a message at the end', () => {
      books.sent('a');
      books.restart();
      books.ledger.restarts.finish();
      expectOne(/^a: message publisher:1 .* is lost$/);
      expect(books.violations.lost).to.equal(1);
    });

    it('misses one by the number alone, and one too many', () => {
      books.sent('a');
      books.restart({ a: 0, b: 1 });
      expect(books.found).to.have.length(2);
      expect(books.found[0]).to.match(/^a has 0 messages after the restart, and should have 1/);
      expect(books.found[1]).to.match(/^b has 1 messages after the restart, and should have 0/);
    });

    it('asks nothing of one that was not confirmed, until it was seen after a restart', () => {
      const message = books.send('a');
      books.restart({ a: 1 });
      books.deliver('a', message, true);
      books.restart({ a: 0 });
      expectOne(/^a has 0 messages after the restart, and should have 1/);
    });

    it('does not expect transient ones after a restart, and finds them', () => {
      const message = books.ledger.send('publisher', 10, false, ['a']);
      books.ledger.confirmed(message);
      books.restart({ a: 0 });
      expect(books.found).to.deep.equal([]);
      books.deliver('a', message);
      expectOne(/must not come any more: .*not persistent/);
    });

    it('lets unacked deliveries be lost on their way', () => {
      books.sent('lossy');
      books.restart({ lossy: 0 });
      books.ledger.restarts.finish();
      expect(books.found).to.deep.equal([]);
    });
  });

  describe('of what was delivered', () => {
    it('finds the second delivery without its flag', () => {
      const message = books.sent('a');
      books.deliver('a', message);
      books.restart({ a: 1 });
      books.deliver('a', message, false);
      expectOne(/came again without the redelivered flag/);
    });

    it('finds a delivery of what somebody else holds', () => {
      const message = books.sent('b');
      books.deliver('b', message);
      books.deliver('b', message, true);
      expectOne(/came again while it was unacked elsewhere/);
    });

    it('takes a message again that was put back', () => {
      const message = books.sent('b');
      books.ledger.putBack([books.deliver('b', message)]);
      books.deliver('b', message, true);
      expect(books.found).to.deep.equal([]);
    });

    it('finds what came for the first time in the wrong order', () => {
      const [first, second] = [books.sent('b'), books.sent('b')];
      books.deliver('b', second);
      books.deliver('b', first);
      expectOne(/^b: message publisher:1 .* came behind publisher:2/);
    });

    it('finds the wrong order after a restart, of a queue with one consumer', () => {
      const [first, second] = [books.sent('a'), books.sent('a')];
      books.deliver('a', first);
      books.deliver('a', second);
      books.restart({ a: 2 });
      books.deliver('a', second, true);
      books.deliver('a', first, true);
      expectOne(/^a: message publisher:1 .* came behind publisher:2/);
    });

    it('finds what was never published to this queue', () => {
      books.deliver('b', books.sent('a'));
      expectOne(/which was never published to it/);
    });

    it('finds another body, other properties', () => {
      const content = Buffer.alloc(10);
      books.deliver('a', books.sent('a'), false, { content });
      books.deliver('b', books.sent('b'), false, { content: Buffer.alloc(3) });
      expect(books.found[0]).to.match(/has another octet at \d of 10/);
      expect(books.found[1]).to.match(/has 3 octets instead of 10/);
    });
  });

  describe('of what was acked', () => {
    it('finds what comes back although its ack was safe', () => {
      const message = books.sent('a');
      const copy = books.deliver('a', message);
      books.ledger.acked([copy]);
      books.ledger.proved([copy]);
      books.restart({ a: 1 });
      expectOne(/^a has 1 messages after the restart, and should have 0/);
      books.deliver('a', message, true);
      expect(books.found[1]).to.match(/must not come any more: .*ack safe/);
    });

    it('finds what comes back with no restart between', () => {
      const message = books.sent('b');
      books.ledger.acked([books.deliver('b', message)]);
      books.deliver('b', message, true);
      expectOne(/came again after its ack/);
    });

    it('allows both when the ack was not proved, but asks for it once it is back', () => {
      const message = books.sent('a');
      books.ledger.acked([books.deliver('a', message)]);
      books.restart();
      books.deliver('a', message, true);
      expect(books.found).to.deep.equal([]);
      books.restart({ a: 0 });
      expectOne(/^a has 0 messages/);
    });
  });
});
