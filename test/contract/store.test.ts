// Both engines of the store port.
import { MemoryStore } from '../../src/store/memory.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { openStore } from '../support/store-stage.ts';
import { storeContract } from './store.ts';

storeContract('memory', async () => new MemoryStore());
storeContract('files', async () => (await openStore(new MemoryFiles(1))).store);
