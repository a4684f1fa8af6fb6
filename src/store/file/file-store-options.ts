/** What a file store is made of, and whom it tells of what. */
import type { Files } from '../files.ts';
import type { StoreLimits } from './checkpoint.ts';
import type { MetadataLog } from './metadata.ts';

export interface FileStoreOptions {
  readonly files: Files;
  /** The data folder, which is there. */
  readonly folder: string;
  readonly metadata: MetadataLog;
  /** The process before did not end in order: any message may have been handed out. */
  readonly wasLeftOpen: boolean;
  /** `os`: what the operating system has counts as safe. */
  readonly durability: 'fsync' | 'os';
  readonly limits?: StoreLimits | undefined;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** Waits before something that failed is tried again. */
  wait(milliseconds: number): Promise<void>;
  /** Tells a person. */
  report(line: string): void;
  /** The disk is full, or is so no longer. */
  diskFull(isFull: boolean): void;
  /** The store has given up: nothing is kept from now on. */
  failed(error: unknown): void;
  /** Octets of the journal read so far, at the start. */
  progress(bytes: number): void;
}
