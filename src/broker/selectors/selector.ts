/** A condition on messages, ready to be asked. */
import type { Message } from '../message.ts';
import { fieldsOf } from './message-fields.ts';
import type { Expression, Fields } from './operators.ts';

/** Brackets, NOT and signs, or terms, that may stand in each other. */
export const MAX_SELECTOR_DEPTH = 100;

/** A selector that cannot be understood; `message` says where and why. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

/** Whether it is true of a message: what is unknown is not. */
export function selects(selector: Expression, fields: Fields): boolean {
  return selector(fields) === true;
}

/** Asks several selectors about one message, whose properties are decoded once. */
export class MessageView {
  #message: Message | null = null;
  #fields: Fields = () => undefined;

  isSelected(message: Message, selector: Expression): boolean {
    if (message !== this.#message) {
      this.#message = message;
      this.#fields = fieldsOf(message);
    }
    return selects(selector, this.#fields);
  }
}
