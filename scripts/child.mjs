/**
 * Runs Node with arguments in the project's folder as if it were this process: streams, signals,
 * exit code.
 */
import { spawn } from 'node:child_process';
import { root } from './prepare.mjs';

/**
 * Resolves with the exit code of `node args...`; 128 and the signal's number when a signal ended
 * it.
 */
export function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
