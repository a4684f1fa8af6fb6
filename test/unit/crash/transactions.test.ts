// The crash test's ledger on transactions: all of it or nothing, whichever the first sign says.
import { expect } from 'chai';
import type { Copy, Message } from '../../crash/ledger/copy.ts';
import type { Transaction } from '../../crash/ledger/transaction.ts';
import { Books } from './books.ts';

describe('transactions in the ledger of the crash test', () => {
  let books: Books;
  let transaction: Transaction;
  /** Published in the transaction to `a` and `b`. */
  let inside: Message;
  /** Acked in the transaction, from `c`. */
  let acked: Message;

  beforeEach(() => {
    books = new Books({ a: {}, b: {}, c: {} });
    acked = books.sent('c');
    const copy = books.deliver('c', acked) as Copy;
    transaction = books.ledger.begin();
    inside = books.send(['a', 'b'], transaction);
    transaction.acks.push(copy);
  });

  it('promises everything once it is committed', () => {
    books.ledger.commitSent(transaction);
    books.ledger.committed(transaction);
    books.restart({ a: 1, b: 1, c: 0 });
    expect(books.found).to.deep.equal([]);
    books.deliver('c', acked, true);
    expect(books.found[0]).to.match(/must not come any more: .*ack safe/);
  });

  it('promises nothing when the broker was killed before the commit', () => {
    books.restart({ a: 0, b: 0, c: 1 });
    expect(books.found).to.deep.equal([]);
    books.deliver('a', inside);
    expect(books.found[0]).to.match(/must not come any more: .*undone/);
  });

  it('finds what comes before the commit, and after a rollback', () => {
    books.deliver('a', inside);
    expect(books.found[0]).to.match(/came before its transaction was committed/);
    books.ledger.undone(transaction);
    books.deliver('b', inside);
    expect(books.found[1]).to.match(/must not come any more/);
  });

  for (const [what, counts] of [
    ['all of it', { a: 1, b: 1, c: 0 }],
    ['nothing', { a: 0, b: 0, c: 1 }],
  ] as const) {
    it(`allows ${what} when the broker was killed in the commit`, () => {
      books.ledger.commitSent(transaction);
      books.restart(counts);
      expect(books.found).to.deep.equal([]);
    });
  }

  for (const [what, counts] of [
    ['one queue of two', { a: 1, b: 0, c: 0 }],
    ['the publishes without the acks', { a: 1, b: 1, c: 1 }],
    ['the acks without the publishes', { a: 0, b: 0, c: 0 }],
  ] as const) {
    it(`finds ${what}`, () => {
      books.ledger.commitSent(transaction);
      books.restart(counts);
      expect(books.found).to.have.length.above(0);
    });
  }

  it('decides by a delivery, and names it', () => {
    books.ledger.commitSent(transaction);
    books.restart();
    books.ledger.drained(books.deliver('a', inside, true));
    books.ledger.restarts.finish();
    expect(books.found).to.have.length(1);
    expect(books.found[0]).to.match(/^b: message .* \(committed as shown by a: .* is lost$/);
  });

  it('finds half a transaction at the end, when nothing of it came', () => {
    books.ledger.commitSent(transaction);
    books.restart();
    books.ledger.restarts.finish();
    expect(books.found).to.have.length(1);
    expect(books.found[0]).to.match(/^half of transaction 1 is there/);
  });

  it('is committed when the ack of one of its messages is safe', () => {
    books.ledger.commitSent(transaction);
    const copy = books.deliver('a', inside) as Copy;
    books.ledger.acked([copy]);
    books.ledger.proved([copy]);
    books.restart({ a: 0, b: 0 });
    expect(books.found[0]).to.match(/^b has 0 messages after the restart, and should have 1/);
  });
});
