// The expectations of the first two tables were compared with the reader of RabbitMQ 3.10.8
// (cuttlefish).
import { expect } from 'chai';
import { parseConf } from '../../../src/config/conf-file.ts';
import { ConfigError } from '../../../src/config/errors.ts';

const pairs = (text: string) =>
  parseConf(text, 'f').map(({ key, value }) => [key.join('|'), value] as const);

describe('parseConf', () => {
  const good: readonly [string, string, string, string][] = [
    ['blanks around both', '  heartbeat \t=\t 20  ', 'heartbeat', '20'],
    ['a comment after a blank', 'default_user = app   # who', 'default_user', 'app'],
    ['a comment within a word', 'cluster_name = a#b', 'cluster_name', 'a'],
    ['a backslash does not save a #', 'default_pass = p\\#x', 'default_pass', 'p\\'],
    ['; and blanks are text', 'default_pass = p;ss w', 'default_pass', 'p;ss w'],
    ['quotes are text', 'product.name = "x"', 'product|name', '"x"'],
    ['a second = is text', 'default_pass = a = b', 'default_pass', 'a = b'],
    ['no line feed at the end', 'heartbeat = 5', 'heartbeat', '5'],
    ['carriage returns', 'heartbeat = 5\r\n', 'heartbeat', '5'],
    ['case counts', 'Heartbeat = 5', 'Heartbeat', '5'],
    ['dashes in keys', 'a-b = 5', 'a-b', '5'],
    ['a dot within a word', 'log.a\\.b = 3', 'log|a.b', '3'],
    ['a backslash in a value stays', 'default_pass = a\\.b', 'default_pass', 'a\\.b'],
    ['UTF-8', 'default_user = é中', 'default_user', 'é中'],
    ['single quotes keep a #', "default_pass = 'a#b' # c", 'default_pass', 'a#b'],
    ['single quotes keep blanks', "default_pass = ' a '", 'default_pass', ' a '],
    [
      'single quotes around nothing',
      "default_permissions.read = ''",
      'default_permissions|read',
      '',
    ],
    ['a lone single quote is text', "default_pass = 'a", 'default_pass', "'a"],
    ['text after the quotes: no quotes', "default_pass = 'a'b", 'default_pass', "'a'b"],
  ];
  for (const [what, text, key, value] of good) {
    it(what, () => {
      expect(pairs(text)).to.deep.equal([[key, value]]);
    });
  }

  it('skips comments and empty lines, and counts them', () => {
    const entries = parseConf('# a\n\n \t\n\t# b\nheartbeat = 5 # c\n#\n', 'rabbitmq.conf');
    expect(entries).to.deep.equal([{ key: ['heartbeat'], value: '5', at: 'rabbitmq.conf:5' }]);
  });

  const bad: readonly [string, string][] = [
    ['heartbeat', "f:1: expected 'key = value', got 'heartbeat'"],
    ['heartbeat = ', "f:1: no value for 'heartbeat'"],
    ['heartbeat = # 5', "f:1: no value for 'heartbeat'"],
    ['heart beat = 5', "f:1: expected 'key = value', got 'heart beat = 5'"],
    ['[rabbit]\nx = 1', "f:1: expected 'key = value', got '[rabbit]'"],
    ['a = 1\n; x', "f:2: expected 'key = value', got '; x'"],
    ['x$y = 4', 'f:1: expected'],
    ['a. b = 5', 'f:1: expected'],
    ['.a = 5', 'f:1: expected'],
    ['a..b = 5', 'f:1: expected'],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseConf(text, 'f')).to.throw(ConfigError, message);
    });
  }
});
