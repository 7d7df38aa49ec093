import { expect, test } from 'vitest';
import { compileBins } from '../../../core/scorecard/bins.ts';
import { parseScorecard } from '../../../core/scorecard/scorecard.ts';
import { loadScorecard } from '../../../local/scorecard/file.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

const bin = { name: 'amount', of: 'event.amount_minor', at: [5_000, 10_000], more_is: 'worse' };
const file = { id: 'card', owner: 'desk', description: 'One.', on: 'transaction', bins: [bin] };

test('the shipped scorecard is good, and fits payments', async () => {
  const card = await loadScorecard('pipelines/payments/scorecard/scorecard.yaml');
  expect(card.bins).toHaveLength(6);
  expect(() => compileBins(card, pipeline)).not.toThrow();
});

test('a file is read as it is written', () => {
  expect(parseScorecard(file, 'f.yaml').bins).toEqual([{ name: 'amount', of: 'event.amount_minor', at: [5_000, 10_000], moreIs: 'worse' }]);
});

test.each([
  [{ ...file, points: 3 }, 'f.yaml: unknown key: got "points"; allowed: a mapping with the keys id, owner, description, on, bins'],
  [{ ...file, id: 'Card' }, 'f.yaml: id: got "Card"; allowed: kebab-case'],
  [{ ...file, bins: [] }, 'f.yaml: bins: got "[]"; allowed: a list of 1..50'],
  [{ ...file, bins: [{ ...bin, more_is: 'bad' }] }, 'f.yaml: bins.0.more_is: got "bad"; allowed: worse, better, any'],
  [{ ...file, bins: [{ ...bin, of: 'amount' }] }, 'f.yaml: bins.0.of: got "amount"'],
  [
    { ...file, bins: [{ ...bin, at: [2, 2] }] },
    'f.yaml: bins.0.at: got "[2,2]"; allowed: a list of 1..20 numbers such as 2.5, each above the one before',
  ],
  [{ ...file, bins: [{ ...bin, at: [1e21] }] }, 'f.yaml: bins.0.at.0: got 1e+21'],
  [{ ...file, bins: [{ ...bin, name: 'over 9' }] }, 'f.yaml: bins.0.name: got "over 9"'],
  [{ ...file, bins: [bin, bin] }, 'f.yaml: bins.1.name: got "amount"; allowed: each name once'],
])('%j is refused', (source, message) => {
  expect(() => parseScorecard(source, 'f.yaml')).toThrow(message);
});
