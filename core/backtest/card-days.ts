import { dayOf, FRAUD, type ScoredTable, UNLABELLED } from './scored.ts';

/** The cards of one UTC day, the highest score first: of each the greatest score of its rows, and whether one of them was fraud. */
export interface CardDay {
  readonly day: number;
  readonly keys: Int32Array;
  readonly scores: Float64Array;
  readonly frauds: Uint8Array;
}

/** Labelled rows by day and card, days ascending; cards of equal score in the order of their keys. Days without labelled rows are left out. */
export function cardDays(table: ScoredTable, rows: Int32Array): CardDay[] {
  const days: CardDay[] = [];
  let cards = new Map<number, { score: number; fraud: number }>();
  let day = Number.NaN;
  const end = (): void => {
    if (cards.size > 0) days.push(sorted(day, cards));
    cards = new Map();
  };
  for (const row of rows) {
    if (table.truths[row] === UNLABELLED) continue;
    const today = dayOf(table.eventMs[row] as number);
    if (today !== day) {
      end();
      day = today;
    }
    const [key, score] = [table.keys[row] as number, table.scores[row] as number];
    const card = cards.get(key);
    const fraud = table.truths[row] === FRAUD ? 1 : 0;
    if (card === undefined) cards.set(key, { score, fraud });
    else {
      card.score = Math.max(card.score, score);
      card.fraud |= fraud;
    }
  }
  end();
  return days;
}

function sorted(day: number, cards: ReadonlyMap<number, { readonly score: number; readonly fraud: number }>): CardDay {
  const all = [...cards].sort(([a, { score: x }], [b, { score: y }]) => y - x || a - b);
  return {
    day,
    keys: Int32Array.from(all, ([key]) => key),
    scores: Float64Array.from(all, ([, { score }]) => score),
    frauds: Uint8Array.from(all, ([, { fraud }]) => fraud),
  };
}
