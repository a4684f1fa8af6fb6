/**
 * Preloaded into the broker that the benchmark starts (`node --import`): looks at its event loop
 * and at what it writes to its journal, and tells over the IPC channel when asked.
 *
 * Plain JavaScript, since the broker runs from its build without tsx. Nothing in the product knows
 * of it. Responsible for counting alone; what the figures mean is in probe.ts.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 2;
/** Writes whose sizes are kept; the last ones. */
const KEPT = 50_000;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const bytes = new Uint32Array(KEPT);
const pieces = new Uint32Array(KEPT);
let startedMs = performance.now();
let writes = 0;
let octets = 0;
let syncs = 0;

const { open } = fs.promises;
fs.promises.open = async (path, flags, ...rest) => {
  const handle = await open(path, flags, ...rest);
  if (/\.(journal|spare)$/.test(String(path))) watch(handle, (flags & fs.constants.O_DSYNC) !== 0);
  return handle;
};
syncBuiltinESMExports();

/** `isSynced`: each write is a sync, too. */
function watch(handle, isSynced) {
  const { writev, datasync } = handle;
  handle.writev = (buffers, position) => {
    const count = buffers.length - (isRoom(buffers.at(-1)) ? 1 : 0);
    let length = 0;
    for (let i = 0; i < count; i++) length += buffers[i].length;
    bytes[writes % KEPT] = length;
    pieces[writes % KEPT] = count;
    writes++;
    octets += length;
    if (isSynced) syncs++;
    return writev.call(handle, buffers, position);
  };
  handle.datasync = () => {
    syncs++;
    return datasync.call(handle);
  };
}

/** Zeros in advance of what comes next (journal-file.ts): the bare loop has none to write. */
function isRoom(buffer) {
  for (let i = 0; i < 16; i++) if (buffer[i] !== 0) return false;
  return true;
}

function reset() {
  delay.reset();
  writes = 0;
  octets = 0;
  syncs = 0;
  startedMs = performance.now();
}

/** Milliseconds beyond the interval at which the histogram looks. */
function beyond(nanoseconds) {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}

function reading() {
  const kept = Math.min(writes, KEPT);
  return {
    seconds: (performance.now() - startedMs) / 1e3,
    delayP99Ms: beyond(delay.percentile(99)),
    delayMaxMs: beyond(delay.max),
    syncs,
    octets,
    bytes: Array.from(bytes.subarray(0, kept)),
    pieces: Array.from(pieces.subarray(0, kept)),
  };
}

delay.enable();
process.on('message', (request) => {
  if (request === 'reset') reset();
  process.send(request === 'reset' ? 'done' : reading());
});
// The runner is gone: so is the data folder's owner.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
