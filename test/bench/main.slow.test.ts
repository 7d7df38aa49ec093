import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { STATED } from '../../bench/harness/report.ts';

function bench(...args: readonly string[]): string {
  return execFileSync(process.execPath, ['bench/main.ts', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}

test('npm run bench -- --json ends with the ratios, null with a reason for those that were left out', () => {
  const printed = bench('--quick', '--only', 'kpl', '--reps', '1', '--json');
  expect(printed.trimEnd()).toMatch(/"ratios":\{[^{}]*\}\}$/);
  const { ratios, unmeasured } = JSON.parse(printed) as {
    readonly ratios: Readonly<Record<string, number | null>>;
    readonly unmeasured: Readonly<Record<string, string>>;
  };
  expect(Object.keys(ratios)).toEqual([...STATED]);
  expect(ratios['kpl_vs_agg']).toBeGreaterThan(0);
  expect(Object.keys(unmeasured).toSorted()).toEqual(STATED.filter((name) => name !== 'kpl_vs_agg').toSorted());
  expect(unmeasured['handler_vs_flink_heap']).toBe('the measure flink is not part of this run (quick, --only)');
}, 120_000);

test('without --json it prints the tables of the documents', () => {
  const printed = bench('--guard', '--only', 'kpl', '--reps', '1');
  expect(printed).toMatch(
    /^\| ratio \| median \| least to most \| target \| standing \|\n\| --- .*\n\| kpl_vs_agg \| [\d.]+x \| one run \| 3x \| /,
  );
  expect(printed).toMatch(/\| {2}\| aws-kinesis-agg \| [\d.]+ \(one run\) \|/);
}, 120_000);

test('a measure that is not there is named, with those that are', () => {
  expect(() => bench('--only', 'kpl,speed')).toThrow(/--only: got "?speed"?; allowed: measures, with commas between: parse, windows/);
});
