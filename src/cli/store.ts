/**
 * `leveret store`: runs one of the tools on a data folder, writes what it says, and turns its
 * outcome into an exit code. What the tools do is in src/tools.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { OPTIONS } from '../config/option-table.ts';
import { ProcessFacts } from '../config/process-facts.ts';
import { DataFolderError } from '../server.ts';
import { systemFiles } from '../store/files.ts';
import { exportFolder } from '../tools/export.ts';
import type { FolderParts } from '../tools/folder.ts';
import { inspectFolder } from '../tools/inspect.ts';
import { inspectionText } from '../tools/inspect-text.ts';
import { findingText, verifyFolder } from '../tools/verify.ts';
import type { StoreCommand } from './arguments.ts';
import { EXIT, type ExitCode, ExitError } from './exit.ts';
import { leveretVersion } from './version.ts';

/** Characters of lines that are written in one go. */
const PIECE_LENGTH = 64 * 1024;

type Write = (text: string) => Promise<void>;

/** Throws ExitError for what a person can put right. */
export async function runStore(command: StoreCommand): Promise<ExitCode> {
  const { action, folder, force } = command;
  const parts = { files: systemFiles, facts: new ProcessFacts(), path: folder, force };
  // A reader that goes away is told of by the write, too.
  process.stdout.on('error', () => undefined);
  try {
    if (action === 'inspect') return await inspect(parts, command.json);
    if (action === 'verify') return await verify(parts);
    return await exportAll(parts, command);
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.ok;
    if (error instanceof DataFolderError) throw new ExitError(EXIT.dataFolder, error.message);
    throw error;
  }
}

async function inspect(parts: FolderParts, isJson: boolean): Promise<ExitCode> {
  const found = await inspectFolder(parts);
  await print(isJson ? `${JSON.stringify(found)}\n` : inspectionText(found));
  return EXIT.ok;
}

async function verify(parts: FolderParts): Promise<ExitCode> {
  const lines: string[] = [];
  const { damages, summary } = await verifyFolder(parts, (finding) => {
    lines.push(`${findingText(finding)}\n`);
  });
  await print(`${lines.join('')}${summary}\n`);
  return damages === 0 ? EXIT.ok : EXIT.damaged;
}

async function exportAll(parts: FolderParts, command: StoreCommand): Promise<ExitCode> {
  const { output, queue, vhost } = command;
  let leftOut = 0;
  const lines = exportFolder({
    ...parts,
    queue,
    vhost,
    product: {
      name: 'Leveret',
      version: leveretVersion(),
      rabbitmqVersion: OPTIONS.version.initially,
    },
    report: (line) => {
      leftOut++;
      process.stderr.write(`${line}\n`);
    },
  });
  // The folder is looked at before a file is made: a refusal leaves none.
  const first = await lines.next();
  const file = output === undefined ? null : await create(output);
  try {
    const write: Write = file === null ? print : (text) => file.writeFile(text);
    await writeAll(write, first, lines);
    await file?.sync();
  } finally {
    await file?.close();
  }
  return leftOut === 0 ? EXIT.ok : EXIT.damaged;
}

async function writeAll(
  write: Write,
  first: IteratorResult<string>,
  lines: AsyncGenerator<string>,
): Promise<void> {
  let piece = first.done === true ? '' : first.value;
  for await (const line of lines) {
    piece += line;
    if (piece.length < PIECE_LENGTH) continue;
    await write(piece);
    piece = '';
  }
  await write(piece);
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'there is one already' : message;
    throw new ExitError(EXIT.usage, `--output: cannot make the file ${path}: ${why}`);
  }
}

/** Whoever read stdout has had enough. */
class ReaderGone extends Error {}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error == null) resolve();
      else if ((error as NodeJS.ErrnoException).code === 'EPIPE') reject(new ReaderGone());
      else reject(error);
    });
  });
}
