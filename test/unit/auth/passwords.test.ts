import { expect } from 'chai';
import fc from 'fast-check';
import { hashPassword, isPassword } from '../../../src/auth/passwords.ts';

describe('passwords', () => {
  it('are hashed as RabbitMQ documents it', () => {
    // rabbitmq.com/docs/passwords: salt 908DC60A, password "test12".
    const documented = 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR';
    expect(hashPassword('test12', Buffer.from('908DC60A', 'hex'))).to.equal(documented);
    expect(isPassword('test12', documented)).to.equal(true);
    expect(isPassword('test13', documented)).to.equal(false);
  });

  it('have a fresh salt each', () => {
    expect(new Set(Array.from({ length: 20 }, () => hashPassword('same'))).size).to.be.greaterThan(
      1,
    );
  });

  it('match their own hash and no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string(), (password, other) => {
        const hash = hashPassword(password);
        expect(Buffer.from(hash, 'base64')).to.have.length(36);
        expect(isPassword(password, hash)).to.equal(true);
        expect(isPassword(other, hash)).to.equal(other === password);
      }),
    );
  });

  it('never match when empty, or when the hash is none', () => {
    expect(isPassword('', hashPassword(''))).to.equal(false);
    for (const hash of ['', 'x', 'AAAA', hashPassword('p').slice(0, 40)]) {
      expect(isPassword('p', hash)).to.equal(false);
    }
  });

  it('refuse a salt of another length', () => {
    expect(() => hashPassword('p', Buffer.alloc(5))).to.throw(RangeError);
  });
});
