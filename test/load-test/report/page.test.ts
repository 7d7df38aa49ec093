import { expect, test } from 'vitest';
import { latencyHistogram, recordMs } from '../../../load-test/measure/histogram.ts';
import { constantProfile } from '../../../load-test/profile/read.ts';
import { loadPage } from '../../../load-test/report/page.ts';
import { summaryOf } from '../../../load-test/report/summary.ts';
import type { LoadResult } from '../../../load-test/run/result.ts';
import { emptyTally } from '../../../load-test/send/tally.ts';
import { checkMarkup } from '../../core/backtest/report/well-formed.ts';

function histogram(...ms: readonly number[]) {
  const made = latencyHistogram();
  for (const one of ms) recordMs(made, one);
  return made;
}

const moment = (atS: number) => ({
  atS,
  offered: atS * 10,
  sent: atS * 9,
  throttled: 1,
  backlog: atS,
  waiting: 2,
  rssMb: 100 + atS,
  ownRssMb: 50,
  p99Ms: 5,
});

const RESULT: LoadResult = {
  ...{
    run: 'l1',
    target: 'a <test>',
    decisionNote: 'Said so.',
    profile: constantProfile(10, 3),
    seed: 1,
    producers: 2,
    startMs: 0,
    sendS: 3,
  },
  tally: { ...emptyTally(), offered: [20, 5, 2, 2, 1], sent: [20, 5, 2, 2, 1] },
  ...{ waiting: 0, moments: [moment(1), moment(2), moment(3)], sliceS: 1, lag: histogram(1), put: histogram(1, 2, 3) },
  decision: histogram(...Array.from({ length: 100 }, (_, i) => i + 1)),
  ...{ slices: [histogram(1), undefined, histogram(3)], queryable: histogram(5_000), bufferMs: 15_000 },
  reconciliation: {
    lanes: { accepted: 25, late: 1, duplicate: 2, quarantined: 2 },
    ...{ checks: [{ what: 'accepted', expected: 25, more: 0, found: 25 }], lost: 0, differences: [] },
  },
  reasons: [],
};

const PAGES = {
  valid: loadPage(RESULT, [{ label: '25 %', result: RESULT }]),
  invalid: loadPage({ ...RESULT, reasons: ['it was interrupted'] }),
  bare: loadPage({ ...RESULT, decision: null, queryable: null, reconciliation: undefined, moments: [], slices: [] }),
};

test.each(Object.entries(PAGES))('the page of a %s run is well formed, asks for nothing, and has no value that is none', (_, markup) => {
  const { ids } = checkMarkup(markup);
  expect(new Set(ids).size).toBe(ids.length);
  expect(markup).not.toMatch(/NaN|undefined|Infinity/);
  expect(markup).not.toMatch(/https?:|<script|<link|<img|@import|url\(|\bsrc=|\bhref=/i);
});

test('a valid run shows its latencies, another one shows why it has none', () => {
  expect(PAGES.valid).toContain('put → decision');
  expect(PAGES.valid).toContain('a &lt;test&gt;');
  expect(PAGES.invalid).toContain('INVALID');
  expect(PAGES.invalid).not.toContain('p99.9');
});

test('percentiles are those of the values, to a thousandth, and the summary adds up', () => {
  const { latency_ms, sent, accepted, late, duplicate, quarantined, lost } = summaryOf(RESULT);
  expect(latency_ms?.p50).toBeCloseTo(50, 1);
  expect(latency_ms?.p99).toBeCloseTo(99, 1);
  expect(sent).toBe((accepted ?? 0) + (late ?? 0) + (duplicate ?? 0) + (quarantined ?? 0) + (lost ?? 0));
  expect(Object.keys(summaryOf(RESULT)).slice(0, 10)).toEqual([
    'offered',
    'sent',
    'throttled',
    'accepted',
    'late',
    'duplicate',
    'quarantined',
    'lost',
    'latency_ms',
    'valid',
  ]);
});
