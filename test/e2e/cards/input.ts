import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { CARDS, cleanLine, LONG_PLACES, type Payment, PLACES } from './places.ts';

/** What was written. */
export interface Written {
  readonly events: number;
  /** Events with a card number somewhere in them. */
  readonly seeded: number;
}

/** One event in five holds a card number. */
const SEEDED_EVERY = 5;

/** Lines of each long place: they are long. */
const LONG_LINES = 10;

const START_MS = Date.parse('2026-01-05T10:00:00Z');
const STEP_MS = 50;
const CUSTOMERS = 1_000;

const payment = (i: number): Payment => ({
  id: `p${i}`,
  time: new Date(START_MS + i * STEP_MS).toISOString(),
  customer: `c${i % CUSTOMERS}`,
});

/** Writes a file of `events` payments in order of time; every place of a line comes up with every card number, again and again. */
export async function writeSeeded(path: string, events: number): Promise<Written> {
  const file = createWriteStream(path);
  const places = Object.values(PLACES);
  const long = Object.values(LONG_PLACES).flatMap((place) => Array.from({ length: LONG_LINES }, () => place));
  let seeded = 0;
  for (let i = 0; i < events; i += 1) {
    let text = cleanLine(payment(i));
    if (i % SEEDED_EVERY === 0) {
      const place = long.pop() ?? places[seeded % places.length];
      const card = CARDS[Math.floor(seeded / places.length) % CARDS.length] ?? '';
      text = place?.(payment(i), card) ?? text;
      seeded += 1;
    }
    if (!file.write(`${text}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return { events, seeded };
}
