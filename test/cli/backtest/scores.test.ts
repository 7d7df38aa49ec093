import { expect, test } from 'vitest';
import { scoreLines } from '../../../cli/backtest/scores.ts';
import { daysOf, timeOf } from '../../../cli/times.ts';
import { scoredTable } from '../../../core/backtest/scored.ts';

async function partsOf(parts: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

const ROW = {
  eventMs: Date.parse('2026-01-05T10:00:00.250Z'),
  key: 'ada',
  score: 12,
  fired: [],
  fraud: null,
  amountMinor: 1,
  currency: 'EUR',
};

test('scores are CSV with a head, and ids in quotes where they must be', async () => {
  const rows = [
    { ...ROW, eventId: 'p1', outcome: 'decline' as const },
    { ...ROW, eventId: 'a,"b"', key: 'x\ny', score: 0, outcome: 'approve' as const },
  ];
  const text = (await partsOf(scoreLines(scoredTable(rows)))).join('');
  expect(text).toBe(
    'transaction_id,event_time,customer_id,score,outcome\n' +
      'p1,2026-01-05T10:00:00.250Z,ada,12,decline\n' +
      '"a,""b""",2026-01-05T10:00:00.250Z,"x\ny",0,approve\n',
  );
});

test('many scores come in parts, each row once', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ ...ROW, eventId: `p${i}`, outcome: 'approve' as const }));
  const parts = await partsOf(scoreLines(scoredTable(rows)));
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join('').trimEnd().split('\n')).toHaveLength(20_001);
});

test.each(['2018-08-08', '2018-08-08T12:00Z', '2018-08-08T12:00:30.5Z'])('%s is a time', (text) => {
  expect(timeOf('--from', text)).toBe(Date.parse(text));
});

test.each(['nothing', '2018-08-08T12:00', '2018-13-08', 'August'])('%s is none', (text) => {
  expect(() => timeOf('--from', text)).toThrow(`--from: got "${text}"`);
});

test.each([
  ['7d', 7],
  ['0d', 0],
] as const)('%s are days', (text, days) => {
  expect(daysOf('--label-delay', text)).toBe(days);
});

test.each(['7', '-1d', '1.5d', '1h'])('%s are no days', (text) => {
  expect(() => daysOf('--label-delay', text)).toThrow('whole days');
});
