import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit.ts';
import { FLAGS } from '../../../src/cli/flags.ts';
import { helpText } from '../../../src/cli/help.ts';
import { STORE_COMMANDS, STORE_FLAGS } from '../../../src/cli/store-flags.ts';
import { ENVIRONMENT_VARIABLES } from '../../../src/config/env.ts';

describe('--help', () => {
  const text = helpText();

  it('has every flag with its default, every variable and every exit code', () => {
    for (const [name, { short, about, initially }] of Object.entries(FLAGS)) {
      expect(text).to.contain(`--${name}`);
      expect(text).to.contain(about);
      if (short !== undefined) expect(text).to.contain(`-${short}, --${name}`);
      if (initially !== undefined) expect(text).to.contain(`default: ${initially}`);
    }
    for (const name of ENVIRONMENT_VARIABLES) expect(text).to.contain(name);
    for (const code of Object.values(EXIT)) expect(text).to.match(new RegExp(`^  ${code}  `, 'm'));
  });

  it('has the commands that look at a data folder, with their flags', () => {
    for (const name of STORE_COMMANDS) expect(text).to.contain(`  store ${name} DIR`);
    for (const { about } of Object.values(STORE_FLAGS).slice(0, -1)) expect(text).to.contain(about);
  });

  it('fits into a terminal', () => {
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(100);
  });
});
