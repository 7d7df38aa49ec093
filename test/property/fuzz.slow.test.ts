import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CODES } from '../../core/events/codes.ts';
import { foundCases, keepFound } from './fuzz/found.ts';
import { memoryFault, tryInput } from './fuzz/laws.ts';
import { PrototypeWatch } from './fuzz/prototypes.ts';
import { fuzz } from './fuzz/run.ts';
import { shrink } from './fuzz/shrink.ts';

const MAIN = join(import.meta.dirname, 'fuzz/main.ts');

function run(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 30_000 });
}

describe('records of any bytes', () => {
  test.each(foundCases().map(({ name, input }) => [name, input] as const))('a case found earlier holds: %s', (_, input) => {
    const watch = new PrototypeWatch();
    const { processed, violation } = tryInput(input);
    expect(violation).toBeUndefined();
    expect(processed === undefined ? 'nothing was made of it' : memoryFault(processed, input)).toBeUndefined();
    expect(watch.changes()).toEqual([]);
  });

  test('mutated inputs end as events or rejections within their bounds, and no prototype changes', () => {
    const { broken, crashes, prototypeChanges, events, paths, rejected } = fuzz({ inputs: 6_000, seed: 20_260_105 });
    const shown = broken.map(({ input, violation }) => ({ ...violation, pipeline: input.pipeline, hex: input.data.toString('hex') }));
    expect(shown).toEqual([]);
    expect([crashes, prototypeChanges]).toEqual([0, 0]);
    // Worth something only if inputs go far: many become events, nearly every code is met, in many ways.
    expect(events).toBeGreaterThan(3_000);
    expect(Object.keys(rejected).length).toBeGreaterThan(24);
    expect(Object.keys(rejected).filter((code) => !Object.hasOwn(CODES, code))).toEqual([]);
    expect(paths).toBeGreaterThan(500);
  });

  test('one seed repeats a run exactly, another is another run', () => {
    const first = fuzz({ inputs: 1_500, seed: 7 });
    const again = fuzz({ inputs: 1_500, seed: 7 });
    expect([again.fingerprint, again.events, again.rejected]).toEqual([first.fingerprint, first.events, first.rejected]);
    expect(fuzz({ inputs: 1_500, seed: 8 }).fingerprint).not.toBe(first.fingerprint);
  });
});

describe('the fuzzer itself', () => {
  test('sees a property added to, removed from or changed in a built-in prototype, and puts it back', () => {
    const watch = new PrototypeWatch();
    const trim = Object.getOwnPropertyDescriptor(String.prototype, 'trim');
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
    Object.defineProperty(String.prototype, 'trim', { ...trim, value: () => '' });
    Reflect.deleteProperty(Array.prototype, 'toSpliced');
    const changes = watch.changes();
    watch.restore();
    expect(changes.sort()).toEqual(['polluted', 'toSpliced', 'trim']);
    expect([watch.changes(), [' a '.trim()].toSpliced(0, 0)]).toEqual([[], ['a']]);
  });

  test('a failing input is cut down to what fails, and kept with the law it broke', () => {
    const bytes = Buffer.from(`${'x'.repeat(5_000)}needle${'y'.repeat(3_000)}`);
    const data = shrink(bytes, (one) => one.includes('needle'));
    expect(data.toString()).toBe('needle');
    const dir = mkdtempSync(join(tmpdir(), 'headrace-found-'));
    try {
      keepFound({ pipeline: 'sensors', data }, { law: 'nothing throws', what: 'Error: needle' }, dir);
      expect(foundCases(dir)).toMatchObject([{ law: 'nothing throws', input: { pipeline: 'sensors', data } }]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('the command ends with one line of figures, within its limits', () => {
    const { status, stdout, stderr } = run('--inputs', '3000', '--seed', '5', '--json');
    expect([status, stderr]).toEqual([0, '']);
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(Object.keys(summary)).toEqual(
      ['inputs', 'records', 'events', 'rejected', 'crashes', 'prototype_changes'].concat([
        'rss_mb_max',
        'p50_ms',
        'p99_ms',
        'max_ms',
        'new_paths',
      ]),
    );
    expect(summary).toMatchObject({ inputs: 3_000, crashes: 0, prototype_changes: 0 });
  });

  test('checks windows on demand, says what it takes, and refuses what it does not know', () => {
    expect(JSON.parse(run('--windows', '50', '--json').stdout)).toMatchObject({ runs: 50, failed: 0 });
    expect(run('--help').stdout).toContain('--inputs N    inputs to try: 1000000');
    for (const args of [['--fast'], ['extra'], ['--inputs', '0'], ['--seed', 'x']]) expect(run(...args).status).toBe(2);
  });
});
