import { expect } from 'chai';
import { UsersAuthenticator } from '../../../src/auth/authenticator.ts';
import { Users } from '../../../src/auth/users.ts';

describe('UsersAuthenticator', () => {
  const users = new Users([
    { name: 'guest', password: 'guest' },
    { name: 'ann', password: 'pässwörd' },
    { name: 'blank', password: '' },
  ]);
  const authenticator = new UsersAuthenticator(users);
  const [near, far] = [{ loopback: true }, { loopback: false }];
  const reason = (user: string, password: string, peer = near) => {
    const result = authenticator.authenticate(user, password, peer);
    return result.ok ? 'ok' : result.reason;
  };

  it('lets a user in', () => {
    expect(authenticator.authenticate('ann', 'pässwörd', far)).to.deep.equal({
      ok: true,
      user: users.get('ann'),
    });
    expect(reason('guest', 'guest')).to.equal('ok');
  });

  it('says as RabbitMQ why not', () => {
    expect(reason('guest', 'nope')).to.equal("user 'guest' - invalid credentials");
    expect(reason('nobody', 'nope')).to.equal("user 'nobody' - invalid credentials");
    expect(reason('nobody', 'nobody')).to.equal("user 'nobody' - invalid credentials");
    expect(reason('guest', 'guest', far)).to.equal("user 'guest' can only connect via localhost");
    expect(reason('guest', 'nope', far)).to.equal("user 'guest' - invalid credentials");
  });

  it('takes no blank password, even where one is configured', () => {
    for (const user of ['blank', 'guest', '']) {
      expect(reason(user, '')).to.match(
        new RegExp(
          `^user '${user}' attempted to log in with a blank password, which is prohibited`,
        ),
      );
    }
  });
});
