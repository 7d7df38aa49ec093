import { describe, expect, test } from 'vitest';
import { scoredTable } from '../../../core/backtest/scored.ts';
import { fitScorecard, scoreOf } from '../../../core/scorecard/fit.ts';
import { scoredBy } from '../../../core/scorecard/scored.ts';
import { suggestedThresholds } from '../../../core/scorecard/thresholds.ts';
import { cardOf, placesOf, plainBins } from './card.ts';

const counts = (top: number) => [
  { places: placesOf(1), rows: 10_000, frauds: 20 },
  { places: placesOf(2), rows: 1_000, frauds: 50 },
  { places: placesOf(3), rows: 300, frauds: 140 },
  { places: placesOf(4), rows: 200, frauds: top },
];

describe('thresholds', () => {
  test('are the least points from which on half, and nine in ten, of the rows were fraud', () => {
    const fitted = fitScorecard(cardOf(plainBins(['worse'])), counts(195));
    const at = (place: number): number => scoreOf(fitted, placesOf(place));
    expect(suggestedThresholds(fitted, counts(195))).toEqual({ reviewPoints: at(3), declinePoints: at(4) });
  });

  test('are above all points where no score is so sure', () => {
    const fitted = fitScorecard(cardOf(plainBins(['worse'])), counts(150));
    const { declinePoints } = suggestedThresholds(fitted, counts(150));
    expect(declinePoints).toBe(scoreOf(fitted, placesOf(4)) + 1);
  });
});

test('rows of a back-test get the score, outcome and rules of the scorecard', () => {
  const fitted = fitScorecard(cardOf(plainBins(['worse'])), counts(195));
  const row = {
    eventMs: 1,
    key: 'ada',
    score: 3,
    outcome: 'approve',
    fired: ['other'],
    fraud: null,
    amountMinor: 1,
    currency: 'EUR',
  } as const;
  const table = scoredTable([
    { ...row, eventId: 'a' },
    { ...row, eventId: 'b' },
  ]);
  const thresholds = { reviewPoints: 1, declinePoints: 1_000 };
  const scored = scoredBy(table, [placesOf(1), placesOf(4)], { fitted, thresholds });
  expect([...scored.scores]).toEqual([0, scoreOf(fitted, placesOf(4))]);
  expect([...scored.outcomes]).toEqual([0, 1]);
  expect([...scored.firedSets].map((set) => scored.firedNames[set])).toEqual([[], ['card-v0-3']]);
});
