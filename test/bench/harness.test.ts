import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differencesOf } from '../../bench/harness/equality.ts';
import { type KeptRatios, keptOf, lossesOf } from '../../bench/harness/guard.ts';
import type { Measure, Outcome, Variant } from '../../bench/harness/measure.ts';
import { packagesMissing } from '../../bench/harness/packages.ts';
import { reportOf, STATED, statedOf } from '../../bench/harness/report.ts';
import { runInProcess, runSideBySide } from '../../bench/harness/side-by-side.ts';
import { ratiosOf, shown, spreadOf } from '../../bench/harness/stats.ts';
import { standing, tableOf } from '../../bench/harness/table.ts';
import { MEASURES } from '../../bench/measures/list.ts';

const outcome = (cpuUs: number, digest = 'a'): Outcome => ({ events: 10, cpuUs, result: { exact: { digest } } });
const never: Variant = {
  run: () => {
    throw new Error('runs are played');
  },
};

/** Two ways and one that is not there. */
const measure: Measure = {
  ...{ name: 'parse', title: 'Made up', sizes: {} },
  variants: { ours: never, theirs: never, gone: { ...never, isMissing: () => 'it cannot be installed' } },
  ratios: [
    { name: 'parse_vs_zod', ours: 'ours', theirs: 'theirs', target: 5 },
    { name: 'parse_vs_json', ours: 'ours', theirs: 'gone', target: 2 },
  ],
  absolutes: [{ name: 'run_us_per_event', of: 'ours', target: 20 }],
};

/** Plays runs: the way and the number of its repeat give the outcome. */
async function played(of: (way: string, rep: number) => Outcome, reps = 3) {
  const order: string[] = [];
  const counts = new Map<string, number>();
  const lines: string[] = [];
  const runs = await runSideBySide(measure, {
    ...{ size: { events: 10, warmUp: 0, reps }, file: '', scratch: join(tmpdir(), 'headrace-bench-test') },
    runOne: (_measure, way) => {
      const rep = counts.get(way) ?? 0;
      counts.set(way, rep + 1);
      order.push(way);
      return of(way, rep);
    },
    tell: (line) => lines.push(line),
  });
  return { runs, order, lines };
}

describe('figures', () => {
  test('a spread is the median with the least and the most', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, reps: 3 });
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
    expect(() => spreadOf([])).toThrow('nothing to take a median of');
  });

  test('ratios are taken repeat by repeat, so that a slow hour of the machine disturbs none', () => {
    expect(ratiosOf([1, 10, 100], [2, 20, 200])).toEqual({ median: 2, least: 2, most: 2, reps: 3 });
    expect(() => ratiosOf([1], [1, 2])).toThrow('1 repeats of one way and 2 of the other');
  });

  test('three digits are shown', () => {
    expect([shown(0.284), shown(12.345), shown(330.6)]).toEqual(['0.28', '12.3', '331']);
  });

  test('a target is met, or missed by so many times', () => {
    expect([standing(5, 5, false), standing(2.5, 5, false), standing(10, 20, true), standing(40, 20, true)]).toEqual([
      ...['met', '2.00 times short', 'met', '2.00 times the target'],
    ]);
  });
});

describe('equality', () => {
  test('what one of two has and the other has not is a difference, except for a way that does a part', () => {
    const [whole, part] = [{ exact: { a: 1, b: 2 } }, { exact: { a: 1 } }];
    expect(differencesOf(whole, part)).toEqual(['b: 2 against nothing']);
    expect(differencesOf(whole, part, true)).toEqual([]);
    expect(differencesOf(whole, { exact: { a: 3 } }, true)).toEqual(['a: 1 against 3']);
  });

  test('estimates may differ by one in a hundred', () => {
    const of = (cards: number) => ({ exact: {}, near: { cards } });
    expect(differencesOf(of(1_000), of(1_009))).toEqual([]);
    expect(differencesOf(of(1_000), of(1_020))).toEqual(['cards: 1000 against 1020']);
    expect(differencesOf(of(1_000), { exact: {} })).toEqual(['cards: 1000 against nothing']);
  });
});

describe('runs side by side', () => {
  test('are interleaved, each repeat in the other order', async () => {
    const { order, lines } = await played(() => outcome(100));
    expect(order.join(' ')).toBe('ours theirs theirs ours ours theirs');
    expect(lines.at(-1)).toBe('parse: gone left out: it cannot be installed');
  });

  test('that did not do the same are refused before there is a ratio', async () => {
    const differing = played((way, rep) => outcome(100, way === 'theirs' && rep === 1 ? 'b' : 'a'));
    await expect(differing).rejects.toThrow('parse: ours and theirs did not do the same, so there is no ratio: digest: a against b');
  });

  test('give ratios, and null with a reason for what is not there', async () => {
    const { runs } = await played((way, rep) => outcome((way === 'ours' ? 100 : 300) * (rep + 1)));
    const report = reportOf(measure, runs);
    const stated = statedOf([report], (name) => `${name} was left out`);
    expect(Object.keys(stated.ratios)).toEqual([...STATED]);
    expect(stated.ratios).toMatchObject({ parse_vs_zod: 3, parse_vs_json: null, kpl_vs_agg: null, run_us_per_event: 20 });
    expect(stated.unmeasured).toMatchObject({ parse_vs_json: 'it cannot be installed', kpl_vs_agg: 'kpl_vs_agg was left out' });
    expect(stated.unmeasured).not.toHaveProperty('parse_vs_zod');
    const table = tableOf([report], 'a machine');
    expect(table).toContain('| parse_vs_zod | 3.00x | 3.00 to 3.00 | 5x | 1.67 times short |');
    expect(table).toContain('| parse_vs_json | it cannot be installed |  | 2x |  |');
    expect(table).toContain('|  | gone | left out: it cannot be installed |  |');
  });

  test('leave out a peer that fails, and stop at a failure of their own', async () => {
    const failing = (which: string) =>
      played((way) => {
        if (way === which) throw new Error('out of memory');
        return outcome(100);
      });
    const { runs, order } = await failing('theirs');
    expect(runs.missing.get('theirs')).toBe('out of memory');
    expect(order.join(' ')).toBe('ours theirs ours ours');
    await expect(failing('ours')).rejects.toThrow('out of memory');
  });

  test('a run that fails says what it said', () => {
    const work = { file: join(tmpdir(), 'no-such-file.ndjson'), events: 1, warmUp: 0, scratch: tmpdir() };
    const kpl = MEASURES.find(({ name }) => name === 'kpl');
    if (kpl === undefined) throw new Error('no measure kpl');
    expect(() => runInProcess(kpl, 'product', work)).toThrow(/product of kpl ended with 1: .*no-such-file/s);
  });
});

describe('the guard', () => {
  const kept: KeptRatios = { command: '', machine: '', ratios: { parse_vs_zod: keptOf(spreadOf([4, 4.2, 3.9])) } };
  const now = (median: number) => [{ name: 'parse_vs_zod', isAbsolute: false, spread: spreadOf([median]) }];

  test('lets noise pass and names a ratio that is lost', () => {
    expect(lossesOf(kept, now(2.1))).toEqual([]);
    expect(lossesOf(kept, now(1.9))).toEqual(['parse_vs_zod: 1.900, kept 4, lost below 2.000']);
  });

  test('takes its bound from the spread, within a half and three fifths', () => {
    expect(keptOf(spreadOf([4, 4, 4])).noise).toBe(0.5);
    expect(keptOf(spreadOf([2.9, 4, 4.1])).noise).toBe(0.55);
    expect(keptOf(spreadOf([1, 4, 9])).noise).toBe(0.6);
  });

  test('has no opinion about what could not be measured, or was never kept', () => {
    expect(lossesOf(kept, [{ name: 'parse_vs_zod', isAbsolute: false, reason: 'not here' }])).toEqual([]);
    expect(lossesOf(kept, [{ name: 'other', isAbsolute: false, spread: spreadOf([0.1]) }])).toEqual([]);
  });
});

describe('the measures', () => {
  test('cover every stated figure, each name once', () => {
    const names = MEASURES.flatMap(({ ratios, absolutes = [] }) => [...ratios, ...absolutes].map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(STATED.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('compare ways that there are, the own one first', () => {
    for (const { variants, ratios } of MEASURES) {
      expect(Object.keys(variants)[0]).toBe('product');
      for (const { ours, theirs } of ratios) expect(Object.keys(variants)).toEqual(expect.arrayContaining([ours, theirs]));
    }
  });

  test('a package that is not installed is named', () => {
    expect(packagesMissing('zod')()).toBeUndefined();
    expect(packagesMissing('zod', 'no-such-package')()).toBe('the package no-such-package is not installed (npm ci brings it)');
  });
});
