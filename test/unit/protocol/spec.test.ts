// The method table: complete, consistent in itself, the same as amqplib's definitions, and typed
// so that a misspelt field does not compile.
import { expect } from 'chai';
import * as constants from '../../../protocol/constants.ts';
import {
  BASIC_PROPERTIES,
  type ContentMethodName,
  type Method,
  type MethodFields,
  type MethodName,
  SPEC,
} from '../../../protocol/spec.ts';
import type { MethodSpec } from '../../../protocol/spec-types.ts';
import type { FieldTable } from '../../../protocol/table.ts';
import { definitions, idOf, PROPERTIES_ID } from './support/amqplib-codec.ts';
import { METHOD_NAMES } from './support/arbitraries.ts';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`: a wrong type fails the type check, not the run. */
function holds<_T extends true>(): void {
  expect(true).to.equal(true);
}

const specs: Readonly<Record<string, MethodSpec>> = SPEC;

describe('spec', () => {
  it('has every method of the reference, 66 of them', () => {
    expect(METHOD_NAMES).to.have.length(66);
  });

  it('gives each method ids of its own, and each class one id', () => {
    const ids = METHOD_NAMES.map((name) => SPEC[name].ids.join('.'));
    expect(new Set(ids).size).to.equal(ids.length);
    const classes = METHOD_NAMES.map((name) => `${name.split('.')[0]} ${SPEC[name].ids[0]}`);
    expect(new Set(classes)).to.have.property('size', 8);
  });

  it('names replies that exist, in the same class, from the other side', () => {
    for (const [name, spec] of Object.entries(specs)) {
      for (const reply of spec.replies ?? []) {
        const answer = specs[reply];
        expect(answer?.ids[0], `${name} -> ${reply}`).to.equal(spec.ids[0]);
        if (spec.sender !== 'both') expect(answer?.sender).to.not.equal(spec.sender);
      }
    }
  });

  it('has a request for every -ok', () => {
    const replies = new Set(Object.values(specs).flatMap((spec) => spec.replies ?? []));
    const answers = METHOD_NAMES.filter((name) => name.endsWith('-ok') || name.endsWith('-empty'));
    expect([...replies].sort()).to.deep.equal([...answers].sort());
  });

  it('lets exactly four methods carry a content', () => {
    holds<
      Equal<ContentMethodName, 'basic.publish' | 'basic.return' | 'basic.deliver' | 'basic.get-ok'>
    >();
    const content = METHOD_NAMES.filter((name) => specs[name]?.content === true);
    const expected = ['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok'];
    expect(content).to.deep.equal(expected);
  });

  it('types a method by its visible fields, and refuses any other', () => {
    holds<
      Equal<
        MethodFields<'queue.delete'>,
        {
          readonly queue: string;
          readonly ifUnused: boolean;
          readonly ifEmpty: boolean;
          readonly nowait: boolean;
        }
      >
    >();
    holds<Equal<MethodFields<'channel.open'>, Readonly<Record<never, never>>>>();
    holds<Equal<MethodFields<'basic.ack'>['deliveryTag'], number | bigint>>();
    holds<Equal<MethodFields<'queue.bind'>['arguments'], FieldTable>>();
    holds<Equal<MethodFields<'connection.secure'>['challenge'], Buffer>>();
    holds<Equal<Method['name'], MethodName>>();
    // @ts-expect-error a misspelt field is no field
    const misspelt: Method<'queue.purge'> = { name: 'queue.purge', queue: 'q', noWait: true };
    // @ts-expect-error nor may one be missing
    const missing: Method = { name: 'basic.ack', deliveryTag: 1 };
    expect([misspelt, missing]).to.have.length(2);
  });

  describe('against the definitions of amqplib', () => {
    for (const name of METHOD_NAMES) {
      it(name, () => {
        const [classId, methodId] = SPEC[name].ids;
        const id = (classId << 16) | methodId;
        expect(idOf(name)).to.equal(id);
        const fields = Object.entries(SPEC[name].fields);
        const ours = fields.map(([field, type]) => [field.replace('_', ''), type]);
        const theirs = definitions.info(id).args.map((arg) => [arg.name, arg.type]);
        expect(ours).to.deep.equal(theirs);
      });
    }

    it('the properties, in order', () => {
      const theirs = definitions.info(PROPERTIES_ID).args.map((arg) => [arg.name, arg.type]);
      expect(Object.entries(BASIC_PROPERTIES)).to.deep.equal(theirs);
    });

    it('the constants', () => {
      const { FRAME_METHOD, FRAME_HEADER, FRAME_BODY, FRAME_HEARTBEAT } = constants;
      const { FRAME_END, FRAME_MIN_SIZE } = constants;
      const ours = { FRAME_METHOD, FRAME_HEADER, FRAME_BODY, FRAME_HEARTBEAT, FRAME_END };
      expect(definitions.constants).to.include({ ...ours, FRAME_MIN_SIZE });
      for (const [name, { code }] of Object.entries(constants.REPLY_CODES)) {
        expect(definitions.constants[name], name).to.equal(code);
      }
    });
  });

  it('opens with the protocol header of 0-9-1', () => {
    expect(constants.PROTOCOL_HEADER.toString('latin1')).to.equal('AMQP\0\0\x09\x01');
  });

  it('takes the soft errors of the reference for soft, all others for hard', () => {
    const soft = Object.entries(constants.REPLY_CODES).filter(([, { hard }]) => !hard);
    const codes = soft.map(([, { code }]) => code);
    expect(codes).to.deep.equal([200, 311, 312, 313, 403, 404, 405, 406]);
  });
});
