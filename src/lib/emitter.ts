/**
 * Typed events: a name, one payload, any number of listeners, called in the order they came.
 *
 * An event tells what happened; it never decides anything. So a listener that throws disturbs
 * neither the code that emits nor the other listeners: the error goes to the hook given at
 * construction, and without one to the process as an uncaught exception. Emitting to nobody costs
 * one map look-up.
 */

export type Listener<T> = (event: T) => void;

/** Told what a listener threw, and on which event. */
export type ListenerErrorHook<Name> = (error: unknown, name: Name) => void;

/** Takes a listener off again. Calling it twice does nothing. */
export type Off = () => void;

/** The payload as a parameter list: events declared `undefined` are emitted without one. */
type Payload<T> = [T] extends [undefined] ? [] : [event: T];

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** `Events` is an interface whose keys are the event names and whose values are the payloads. */
export class Emitter<Events extends object> {
  /** The arrays are replaced, never changed: an emit under way sees the listeners it began with. */
  readonly #listeners = new Map<keyof Events, readonly Listener<never>[]>();
  readonly #onError: ListenerErrorHook<keyof Events>;

  constructor(onError: ListenerErrorHook<keyof Events> = throwLater) {
    this.#onError = onError;
  }

  /** Calls `fn` on every such event from now on. A function added twice is called twice. */
  on<Name extends keyof Events>(name: Name, fn: Listener<Events[Name]>): Off {
    // A wrapper of its own per call, so that taking one off leaves its twin.
    const listener: Listener<Events[Name]> = (event) => fn(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((each) => each !== listener);
      if (left.length > 0) this.#listeners.set(name, left);
      else this.#listeners.delete(name);
    };
  }

  /** Calls `fn` on the next such event only. */
  once<Name extends keyof Events>(name: Name, fn: Listener<Events[Name]>): Off {
    const off = this.on(name, (event) => {
      off();
      fn(event);
    });
    return off;
  }

  /** True when somebody listens: lets the caller skip making a costly payload. */
  has(name: keyof Events): boolean {
    return this.#listeners.has(name);
  }

  emit<Name extends keyof Events>(name: Name, ...payload: Payload<Events[Name]>): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        (listener as Listener<unknown>)(payload[0]);
      } catch (error) {
        this.#onError(error, name);
      }
    }
  }

  /** Takes off all listeners. */
  clear(): void {
    this.#listeners.clear();
  }
}
