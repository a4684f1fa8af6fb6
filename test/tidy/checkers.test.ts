// The checks of this folder, each shown a small tree with a planted violation and one without.
import { expect } from 'chai';
import { checkLayers, LAYERS } from './layers.ts';
import { checkLimits, optionRows } from './limits.ts';
import { checkPromises } from './promises.ts';
import { checkReadme } from './readme.ts';
import { checkSizes } from './sizes.ts';
import { checkText } from './text.ts';
import { type Finding, format, type Tree } from './tree.ts';
import { checkUnused } from './unused.ts';

const tree = (files: Record<string, string>): Tree => new Map(Object.entries(files));
const lines = (findings: readonly Finding[]) =>
  findings.length === 0 ? [] : format(findings).split('\n');

describe('the layer check', () => {
  const check = (files: Record<string, string>) => lines(checkLayers(tree(files)));

  it('lets imports point down', () => {
    const files = {
      'protocol/table.ts': "import { x } from './cursor.ts';",
      'src/broker/queue.ts': "import type { T } from '../../protocol/table.ts';",
      'src/session/channel.ts': "import { Q } from '../broker/queue.ts';",
      'src/server.ts': "import { C } from './session/channel.ts'; import 'node:crypto';",
      'src/cli/start.ts': "import { s } from '../server.ts'; import 'node:net';",
      'src/lib/log-winston.ts': "await import('winston');",
    };
    expect(check(files)).to.deep.equal([]);
  });

  const planted: readonly [string, string, string][] = [
    [
      'protocol/a.ts',
      "\nimport '../src/lib/ring.ts';",
      '2: protocol may not import src/lib/ring.ts',
    ],
    ['protocol/a.ts', "import 'node:buffer';", '1: protocol may not import node:buffer'],
    ['protocol/a.ts', "import 'amqplib';", '1: protocol may not import amqplib'],
    [
      'src/broker/a.ts',
      "import { d } from '../../protocol/methods.ts';",
      '1: src/broker may not import protocol/methods.ts',
    ],
    [
      'src/broker/queues/a.ts',
      "import type { C } from '../../session/channel.ts';",
      '1: src/broker may not import src/session/channel.ts',
    ],
    ['src/broker/a.ts', "import 'node:crypto';", '1: src/broker may not import node:crypto'],
    ['src/session/a.ts', "await import('node:net');", '1: src/session may not import node:net'],
    [
      'src/session/a.ts',
      "type T = import('../net/listener.ts').Listener;",
      '1: src/session may not import src/net/listener.ts',
    ],
    [
      'src/net/a.ts',
      "export { B } from '../broker/broker.ts';",
      '1: src/net may not import src/broker/broker.ts',
    ],
    [
      'src/lib/a.ts',
      "new Worker(new URL('../broker/w.ts', import.meta.url));",
      '1: src/lib may not import src/broker/w.ts',
    ],
    ['src/server.ts', "import './cli/main.ts';", '1: src/server.ts may not import src/cli/main.ts'],
    ['src/cli/a.ts', "import 'winston';", '1: src/cli may not import winston'],
    ['src/broker/a.ts', "import '../../test/x.ts';", '1: src/broker may not import test/x.ts'],
    ['src/brokers/a.ts', '', '0: is in no layer: add a row to the layer table'],
  ];
  for (const [path, text, problem] of planted) {
    it(`finds: ${problem}`, () => {
      expect(check({ [path]: text })).to.deep.equal([`${path}:${problem}`]);
    });
  }

  it('has no row that another one hides', () => {
    for (const [index, { path }] of LAYERS.entries()) {
      const before = LAYERS.slice(0, index).map((layer) => layer.path);
      expect(before.filter((each) => path.startsWith(`${each}/`))).to.deep.equal([]);
    }
  });
});

describe('the size check', () => {
  const check = (text: string) => lines(checkSizes(tree({ 'a.ts': text })));
  const rows = (count: number) => '  x();\n'.repeat(count);

  it('finds a file of 401 lines and not one of 400', () => {
    expect(check('x();\n'.repeat(400))).to.deep.equal([]);
    expect(check('x();\n'.repeat(401))).to.deep.equal(['a.ts:0: 401 lines: more than 400']);
  });

  it('finds a line of 101 columns and not one of 100', () => {
    expect(check(`// ${'x'.repeat(97)}`)).to.deep.equal([]);
    expect(check(`\n// ${'x'.repeat(98)}`)).to.deep.equal(['a.ts:2: 101 columns: more than 100']);
  });

  it('finds functions of 71 lines, whatever their form, and none of 70', () => {
    expect(check(`function f() {\n${rows(68)}}`)).to.deep.equal([]);
    for (const [front, back] of [
      ['function f() {', '}'],
      ['const f = async () => {', '};'],
      ['class A { m() {', '} }'],
      ['const o = { m() {', '} };'],
      ["it('x', () => {", '});'],
    ]) {
      expect(check(`${front}\n${rows(69)}${back}`)).to.deep.equal([
        'a.ts:1: a function of 71 lines: more than 70',
      ]);
    }
  });

  it('takes a test suite for a folder, not for a function', () => {
    expect(check(`describe('x', () => {\n${rows(100)}});`)).to.deep.equal([]);
  });
});

describe('the check for unused files', () => {
  const used = {
    'src/index.ts': "export { s } from './server.ts';",
    'src/server.ts': "import '../protocol/a.ts'; new URL('./worker.ts', import.meta.url);",
    'src/worker.ts': '',
    'src/cli/main.ts': '#!/usr/bin/env node\n',
    'protocol/a.ts': '',
    'test/unit/a.test.ts': "import '../support/b.ts';",
    'test/support/b.ts': '',
    'test/support/c.d.ts': '',
    'scripts/start.mjs': "await import('../dist/src/cli/main.js');",
    'package.json': '"bench": "node scripts/run.mjs bench/main.ts"',
    'bench/main.ts': '',
  };
  const check = (files: Record<string, string>) => lines(checkUnused(tree({ ...used, ...files })));

  it('is content when all is used', () => {
    expect(check({})).to.deep.equal([]);
  });

  it('finds what nobody imports, circles too', () => {
    expect(check({ 'src/x.ts': "import './y.ts';", 'src/y.ts': "import './x.ts';" })).to.deep.equal(
      ['src/x.ts:0: nobody imports it', 'src/y.ts:0: nobody imports it'],
    );
    expect(check({ 'bench/other.ts': '' })).to.deep.equal(['bench/other.ts:0: nobody imports it']);
    expect(check({ 'test/support/d.ts': '' })).to.deep.equal([
      'test/support/d.ts:0: nobody imports it',
    ]);
  });

  it('finds product files that only tests import', () => {
    const files = { 'src/x.ts': '', 'test/unit/x.test.ts': "import '../../src/x.ts';" };
    expect(check(files)).to.deep.equal(['src/x.ts:0: only tests import it']);
  });

  it('finds imports of what is not there', () => {
    expect(check({ 'src/worker.ts': "\nimport './gone.ts';" })).to.deep.equal([
      'src/worker.ts:2: imports ./gone.ts, which is not there',
    ]);
  });
});

describe('the check for forgotten promises', () => {
  const check = (text: string) => lines(checkPromises(tree({ 'a.ts': text })));

  it('finds calls of promising node: functions that nobody waits for', () => {
    expect(
      check(
        "import { readFile as read } from 'node:fs/promises';\n" +
          "import fs from 'node:fs/promises';\nimport { once, on } from 'node:events';\n" +
          "read('x');\nfs.rm('x');\nonce(e, 'x');",
      ),
    ).to.deep.equal([
      'a.ts:4: nobody waits for the promise of read',
      'a.ts:5: nobody waits for the promise of fs',
      'a.ts:6: nobody waits for the promise of once',
    ]);
  });

  it('finds async functions whose promise is dropped', () => {
    expect(
      check("setTimeout(async () => {}, 1);\nsocket.on('data', async function () {});"),
    ).to.deep.equal([
      'a.ts:1: setTimeout drops the promise of an async function',
      'a.ts:2: on drops the promise of an async function',
    ]);
  });

  it('is content with awaited ones and other modules', () => {
    expect(
      check(
        "import { readFile } from 'node:fs/promises';\nimport { rm } from 'node:fs';\n" +
          "await readFile('x');\nvoid readFile('x');\nrm('x');\nsetTimeout(() => {}, 1);",
      ),
    ).to.deep.equal([]);
  });
});

describe('the text check', () => {
  // Put together here, since this file is checked too.
  const home = ['', 'home', 'somebody', 'x.ts'].join('/');
  const host = ['registry', 'npmjs', 'org'].join('.');

  it('finds paths of a machine and hosts of registries in any file', () => {
    expect(
      lines(checkText(tree({ 'README.md': `a\nsee ${home}\nhttps://${host}/x` }))),
    ).to.deep.equal([
      `README.md:2: a path of one machine: ${['', 'home', 'somebody'].join('/')}`,
      `README.md:3: a host of a package registry: ${host}`,
    ]);
  });

  it('is content with relative paths and the system’s own', () => {
    const text =
      './home/x ../work/y src/tmp/z /proc/self/cgroup /usr/bin/env $root/tmp/x example.org';
    expect(checkText(tree({ a: text }))).to.deep.equal([]);
  });
});

describe('the check of docs/limits.md', () => {
  it('misses a row for an option, and the name of a limit', () => {
    const page = `${optionRows().slice(1).join('\n')}\n\`MAX_SHORT\``;
    const findings = checkLimits(
      tree({
        'docs/limits.md': page,
        'src/a.ts': 'const MAX_SHORT = 1;\nexport const MAX_LONG = 2;\nconst other = 3;',
        'test/b.ts': 'const MAX_TEST = 1;',
      }),
    );
    expect(lines(findings)).to.deep.equal([
      'docs/limits.md:0: should have this row:',
      optionRows()[0],
      'src/a.ts:2: MAX_LONG is not in docs/limits.md',
    ]);
  });
});

describe('the check of README.md', () => {
  it('misses a flag, a variable, a key and an exit code', () => {
    const findings = format(checkReadme(tree({ 'README.md': '--port heartbeat' })));
    for (const each of ['--vhost', 'RABBITMQ_NODE_PORT', 'frame_max', '| 4 |']) {
      expect(findings).to.contain(`README.md:0: does not tell of ${each}\n`);
    }
    expect(findings).not.to.match(/--port|heartbeat/);
  });
});
