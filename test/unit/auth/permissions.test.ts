import { expect } from 'chai';
import { type Action, Permissions, resourceName } from '../../../src/auth/permissions.ts';
import { type User, type UserDefinition, Users } from '../../../src/auth/users.ts';
import { PatternError } from '../../../src/lib/pattern.ts';

const userOf = (definition: Partial<UserDefinition>): User =>
  new Users([{ name: 'u', password: 'p', ...definition }]).get(definition.name ?? 'u') as User;

describe('users', () => {
  it('are as configured, with a hash in the place of the password', () => {
    const user = userOf({ name: 'ann', tags: ['management'], loopbackOnly: true });
    expect(user).to.include({ name: 'ann', loopbackOnly: true, permissions: undefined });
    expect(user.tags).to.deep.equal(['management']);
    expect(user.passwordHash).to.match(/^[\w+/]{48}$/);
    expect(JSON.stringify(user)).not.to.contain('"p"');
  });

  it('have defaults: no tags, loopback only for guest', () => {
    expect(userOf({}).tags).to.deep.equal([]);
    expect(userOf({}).loopbackOnly).to.equal(false);
    expect(userOf({ name: 'guest' }).loopbackOnly).to.equal(true);
    expect(userOf({ name: 'guest', loopbackOnly: false }).loopbackOnly).to.equal(false);
  });

  it('are found by name', () => {
    const users = new Users([
      { name: 'a', password: '1' },
      { name: 'b', password: '2' },
    ]);
    expect([...users].map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(users.get('b')?.name).to.equal('b');
    expect(users.get('c')).to.equal(undefined);
  });

  it('refuse a pattern that cannot be used, saying where it stands', () => {
    const permissions = { '/': { configure: '.*', write: '(', read: '.*' } };
    expect(() => userOf({ permissions })).to.throw(
      PatternError,
      "write permission of user 'u' in vhost '/': cannot use '(': Invalid regular expression",
    );
  });
});

describe('permissions', () => {
  const permissions = new Permissions();
  const ACTIONS: readonly Action[] = ['configure', 'write', 'read'];

  it('are everything everywhere for a user without an entry', () => {
    const user = userOf({});
    expect(permissions.hasAccess(user, 'any')).to.equal(true);
    for (const action of ACTIONS) {
      expect(permissions.isAllowed(user, 'any', action, 'x')).to.equal(true);
    }
  });

  it('are nothing in a virtual host that is not named', () => {
    const user = userOf({ permissions: { a: { configure: '.*', write: '.*', read: '.*' } } });
    expect(permissions.hasAccess(user, 'a')).to.equal(true);
    expect(permissions.hasAccess(user, 'b')).to.equal(false);
    expect(permissions.hasAccess(userOf({ permissions: {} }), '/')).to.equal(false);
    for (const action of ACTIONS) {
      expect(permissions.isAllowed(user, 'a', action, 'x')).to.equal(true);
      expect(permissions.isAllowed(user, 'b', action, 'x')).to.equal(false);
    }
  });

  it('are a pattern for each action', () => {
    const user = userOf({
      permissions: { '/': { configure: '', write: '^out', read: 'in$' } },
    });
    const allowed = (action: Action, name: string) =>
      permissions.isAllowed(user, '/', action, name);
    expect(ACTIONS.map((action) => allowed(action, 'out-in'))).to.deep.equal([false, true, true]);
    expect(ACTIONS.map((action) => allowed(action, 'other'))).to.deep.equal([false, false, false]);
    expect(ACTIONS.map((action) => allowed(action, 'main'))).to.deep.equal([false, false, true]);
  });

  it('see the default exchange as amq.default', () => {
    const user = userOf({
      permissions: { '/': { configure: '', write: '^amq\\.default$', read: '^$' } },
    });
    expect(ACTIONS.map((action) => permissions.isAllowed(user, '/', action, ''))).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect(resourceName('')).to.equal('amq.default');
    expect(resourceName('q')).to.equal('q');
  });
});
