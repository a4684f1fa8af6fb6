// How much is read in a turn of the loop, of one connection and of all.
import { expect } from 'chai';
import { type Reader, TurnBudget } from '../../../src/session/turn-budget.ts';

const KIB = 1024;

class FakeReader implements Reader {
  turnBytes = 0;
  idleTurns = 0;
  isPaused = false;
  readonly calls: string[];
  readonly name: string;

  constructor(name: string, calls: string[]) {
    this.name = name;
    this.calls = calls;
  }

  endTurn(): void {
    if (!this.isPaused) this.calls.push(`pause ${this.name}`);
    this.isPaused = true;
  }

  beginTurn(): void {
    if (this.isPaused) this.calls.push(`resume ${this.name}`);
    this.isPaused = false;
  }
}

describe('TurnBudget', () => {
  let nowMs: number;
  let turns: (() => void)[];
  let calls: string[];
  let budget: TurnBudget;
  let a: FakeReader;
  let b: FakeReader;
  let c: FakeReader;

  beforeEach(() => {
    nowMs = 1_000;
    turns = [];
    calls = [];
    budget = new TurnBudget(
      () => nowMs,
      (fn) => turns.push(fn),
    );
    [a, b, c] = ['a', 'b', 'c'].map((name) => new FakeReader(name, calls)) as [
      FakeReader,
      FakeReader,
      FakeReader,
    ];
  });

  const read = (reader: Reader, ms = 0, bytes = 64 * KIB) => {
    nowMs += ms;
    budget.noteRead(reader, bytes);
  };
  const nextTurn = () => {
    expect(turns).to.have.length(1);
    turns.shift()?.();
  };
  const takeCalls = () => calls.splice(0);

  it('reads 1 MiB of a connection, and leaves the rest of the turn to others', () => {
    read(a, 0, 1000 * KIB);
    expect(takeCalls()).to.deep.equal([]);
    read(a, 0, 24 * KIB);
    read(b);
    expect(takeCalls()).to.deep.equal(['pause a']);
    nextTurn();
    expect(takeCalls()).to.deep.equal(['resume a']);
    read(a);
    expect(takeCalls(), 'a new turn, a new share').to.deep.equal([]);
  });

  it('reads nobody any more once a turn takes long, and those first that came off badly', () => {
    for (const each of [a, b, c]) read(each);
    nextTurn();
    read(a, 5);
    read(a, 2);
    read(a, 1);
    expect(takeCalls()).to.deep.equal(['pause b', 'pause c', 'pause a']);
    read(a, 1);
    expect(takeCalls()).to.deep.equal([]);
    nextTurn();
    expect(takeCalls()).to.deep.equal(['resume b', 'resume c', 'resume a']);
    read(b, 20);
    read(c, 9);
    expect(takeCalls()).to.deep.equal(['pause a', 'pause b', 'pause c']);
  });

  it('forgets who has nothing to be read, and who is gone', () => {
    for (const each of [a, b]) read(each);
    for (let i = 0; i < 20; i++) {
      nextTurn();
      read(b);
    }
    read(b, 10);
    expect(takeCalls()).to.deep.equal(['pause b']);
    budget.forget(b);
    nextTurn();
    expect(takeCalls()).to.deep.equal([]);
  });

  it('leaves nobody paused, however long others go on', () => {
    for (const each of [a, b]) read(each);
    for (let i = 0; i < 20; i++) {
      nextTurn();
      read(b);
      read(b, 10);
    }
    nextTurn();
    expect([a.isPaused, b.isPaused]).to.deep.equal([false, false]);
  });

  it('asks for no turn while nothing is read', () => {
    read(a);
    nextTurn();
    expect(turns).to.deep.equal([]);
  });
});
