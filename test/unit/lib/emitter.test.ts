import { expect } from 'chai';
import { Emitter } from '../../../src/lib/emitter.ts';

interface Events {
  opened: { readonly id: number };
  text: string;
  stopped: undefined;
}

describe('Emitter', () => {
  let errors: [unknown, keyof Events][];
  let emitter: Emitter<Events>;
  let seen: string[];

  beforeEach(() => {
    errors = [];
    seen = [];
    emitter = new Emitter<Events>((error, name) => errors.push([error, name]));
  });

  it('calls the listeners of that event in the order they came', () => {
    emitter.on('text', (text) => seen.push(`a ${text}`));
    emitter.on('text', (text) => seen.push(`b ${text}`));
    emitter.on('opened', ({ id }) => seen.push(`opened ${id}`));
    emitter.on('stopped', () => seen.push('stopped'));
    emitter.emit('text', 'x');
    emitter.emit('opened', { id: 7 });
    emitter.emit('stopped');
    expect(seen).to.deep.equal(['a x', 'b x', 'opened 7', 'stopped']);
  });

  it('emits to nobody', () => {
    emitter.emit('text', 'x');
    expect(emitter.has('text')).to.equal(false);
  });

  it('takes a listener off, twice without harm, leaving its twin', () => {
    const listener = (text: string) => void seen.push(text);
    const off = emitter.on('text', listener);
    emitter.on('text', listener);
    off();
    off();
    emitter.emit('text', 'x');
    expect(seen).to.deep.equal(['x']);
    expect(emitter.has('text')).to.equal(true);
  });

  it('has no listeners once the last is off', () => {
    const off = emitter.on('text', () => undefined);
    expect(emitter.has('text')).to.equal(true);
    off();
    expect(emitter.has('text')).to.equal(false);
  });

  it('calls a once-listener once, even when it emits the event itself', () => {
    emitter.once('text', (text) => {
      seen.push(text);
      emitter.emit('text', 'again');
    });
    emitter.emit('text', 'first');
    emitter.emit('text', 'second');
    expect(seen).to.deep.equal(['first']);
  });

  it('takes a once-listener off before it is called', () => {
    emitter.once('text', (text) => seen.push(text))();
    emitter.emit('text', 'x');
    expect(seen).to.deep.equal([]);
  });

  it('finishes an emit with the listeners it began with', () => {
    let offSecond: () => void = () => undefined;
    emitter.on('text', () => {
      offSecond();
      emitter.on('text', () => seen.push('late'));
    });
    offSecond = emitter.on('text', () => seen.push('second'));
    emitter.emit('text', 'x');
    expect(seen).to.deep.equal(['second']);
  });

  it('reports what a listener throws and calls the others', () => {
    const broken = new Error('broken');
    emitter.on('text', () => {
      throw broken;
    });
    emitter.on('text', (text) => seen.push(text));
    emitter.emit('text', 'x');
    expect(seen).to.deep.equal(['x']);
    expect(errors).to.deep.equal([[broken, 'text']]);
  });

  it('gives errors to the process when there is no hook', () => {
    const tasks: (() => void)[] = [];
    const real = globalThis.queueMicrotask;
    globalThis.queueMicrotask = (task) => void tasks.push(task);
    try {
      const unhooked = new Emitter<Events>();
      unhooked.on('stopped', () => {
        throw new Error('broken');
      });
      unhooked.emit('stopped');
    } finally {
      globalThis.queueMicrotask = real;
    }
    expect(tasks).to.have.length(1);
    expect(tasks[0]).to.throw('broken');
  });

  it('clears', () => {
    emitter.on('text', (text) => seen.push(text));
    emitter.clear();
    emitter.emit('text', 'x');
    expect(seen).to.deep.equal([]);
  });
});
