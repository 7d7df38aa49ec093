import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Flags, readFlags } from '../../cli/flags.ts';

const FLAGS = {
  input: { kind: 'texts', value: 'FILE', help: '' },
  data: { kind: 'text', value: 'DIR', help: '', fallback: 'd' },
  type: { kind: 'text', value: 'T', help: '' },
  shards: { kind: 'whole', value: 'N', help: '', min: 1, max: 64, fallback: 2 },
  form: { kind: 'choice', help: '', choices: ['a', 'b'], fallback: 'a' },
  json: { kind: 'switch', help: '' },
} as const satisfies Flags;

describe('flags', () => {
  test('that are not given have their fallback', () => {
    const { flags, positionals } = readFlags(FLAGS, []);
    expect(flags).toEqual({ input: [], data: 'd', type: undefined, shards: 2, form: 'a', json: false });
    expect(positionals).toEqual([]);
  });

  test('of several values take all plain arguments behind them, again and again', () => {
    const { flags, positionals } = readFlags(FLAGS, ['x', '--input', 'a', 'b', '--json', '--input=c', 'd', '--shards', '3']);
    expect(flags.input).toEqual(['a', 'b', 'c', 'd']);
    expect(positionals).toEqual(['x']);
  });

  test('end at --', () => {
    const { flags, positionals } = readFlags(FLAGS, ['--input', 'a', '--', '--json', 'b']);
    expect(flags.json).toBe(false);
    expect(flags.input).toEqual(['a']);
    expect(positionals).toEqual(['--json', 'b']);
  });

  test('take a value with a dash only when it is written with =', () => {
    expect(readFlags(FLAGS, ['--data=-x']).flags.data).toBe('-x');
    expect(() => readFlags(FLAGS, ['--data', '-x'])).toThrow('--data: got "-x"; allowed: DIR; write --data=-x');
  });

  test('of a choice take one of the words', () => {
    expect(readFlags(FLAGS, ['--form', 'b']).flags.form).toBe('b');
    expect(() => readFlags(FLAGS, ['--form', 'c'])).toThrow('--form: got "c"; allowed: a, b');
  });

  test('take whole numbers inside their range and no other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -5, max: 100 }).map(String), fc.string({ maxLength: 6 }), fc.double().map(String)), (text) => {
        const isRight = /^[1-9]\d?$/.test(text) && Number(text) <= 64;
        const read = (): number => readFlags(FLAGS, [`--shards=${text}`]).flags.shards;
        if (isRight) expect(read()).toBe(Number(text));
        else expect(read).toThrow('1..64');
      }),
    );
  });

  test('any words give values or one line that is a usage error', () => {
    const word = fc.oneof(
      fc.constantFrom('--input', '--data', '--json', '--shards', '--', '-', '--__proto__', '--form=b'),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        try {
          readFlags(FLAGS, words);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UsageError' });
        }
      }),
    );
  });
});
