/** What handlers were called with, for the checks to see. */
import { Injectable } from '@nestjs/common';

export interface Entry {
  readonly service: string;
  readonly pattern: string;
  readonly data: unknown;
  readonly redelivered: boolean;
}

@Injectable()
export class Journal {
  readonly entries: Entry[] = [];
  /** Calls of `slow` at this moment, and the most there ever were. */
  inFlight = 0;
  mostInFlight = 0;

  of(pattern: string): Entry[] {
    return this.entries.filter((entry) => entry.pattern === pattern);
  }
}
