/**
 * Gets a fresh clone ready: installs what package-lock.json names and compiles what changed. Plain
 * JavaScript with nothing but node: modules, since node_modules may be missing. Quick when there is
 * nothing to do: one comparison of two lock files, one hash over the sources.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const SOURCES = ['src', 'protocol', 'package-lock.json'];
const STAMP = join('dist', '.stamp');

/** Ends the process with a line and a code when a step failed; the step itself has said why. */
function must(step, { status, error }) {
  if (status === 0) return;
  console.error(`${step} failed${error ? `: ${error.message}` : ''}`);
  process.exit(status ?? 1);
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** Does node_modules hold what the lock file names? npm leaves its own account of it there. */
function isInstalled(wanted, installed) {
  if (installed === undefined) return false;
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) =>
      path === '' || optional || installed.packages[path]?.version === version,
  );
}

/** Runs `npm ci` unless node_modules is as the lock file says. */
export function install() {
  const wanted = readJson(join(root, 'package-lock.json'));
  if (isInstalled(wanted, readJson(join(root, 'node_modules', '.package-lock.json')))) return;
  console.error('installing dependencies (npm ci)');
  // Within `npm start` npm says where it is; elsewhere it is on the path.
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  must(
    'npm ci',
    spawnSync(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      // Output goes to stderr: stdout is the broker's.
      stdio: ['ignore', 2, 2],
      shell: npm === undefined && process.platform === 'win32',
    }),
  );
}

function* filesUnder(path) {
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    const each = join(path, entry.name);
    if (entry.isDirectory()) yield* filesUnder(each);
    else yield each;
  }
}

/** A hash over names and contents of everything that the build is made of. */
function sourceHash() {
  const configs = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name));
  const hash = createHash('sha256');
  for (const path of [...SOURCES, ...configs].sort()) {
    const files = path.includes('.') ? [path] : [...filesUnder(path)].sort();
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Compiles into dist/ unless it was made from just these sources. */
export function build() {
  const hash = sourceHash();
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error('building (tsc)');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  must(
    'build',
    spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    }),
  );
  writeFileSync(stamp, hash);
}
