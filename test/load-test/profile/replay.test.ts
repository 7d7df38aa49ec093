import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KINDS } from '../../../load-test/generate/kinds.ts';
import { openReplay } from '../../../load-test/profile/replay.ts';
import type { OfferedEvent } from '../../../load-test/send/shard-queue.ts';
import { testFolder } from '../../local/folder.ts';

const START_MS = Date.UTC(2026, 5, 1);
const line = (id: string, second: number, customer = 'ada'): string =>
  JSON.stringify({
    type: 'transaction',
    event_id: id,
    event_time: new Date(Date.UTC(2020, 0, 1) + second * 1_000).toISOString(),
    customer_id: customer,
    amount: '1.00',
  });

async function replayed(lines: readonly string[], { producer = 0, producers = 1 } = {}): Promise<OfferedEvent[]> {
  const input = join(testFolder(), 'in.ndjson');
  writeFileSync(input, lines.join('\n'));
  const source = await openReplay({ input, speed: 10, run: 'l1', startMs: START_MS, producer, producers });
  const events: OfferedEvent[] = [];
  while (source.dueMs !== Number.POSITIVE_INFINITY) events.push(source.next());
  return events;
}

describe('a replay', () => {
  test('keeps the distances of arrivals divided by the speed; what came behind its time comes behind it again', async () => {
    const events = await replayed([line('a', 0), line('b', 100), line('c', 40), line('d', 200)]);
    expect(events.map(({ intendedMs }) => intendedMs - START_MS)).toEqual([0, 10_000, 10_000, 20_000]);
    const times = events.map(
      ({ data }) => Date.parse((JSON.parse(Buffer.from(data).toString()) as { event_time: string }).event_time) - START_MS,
    );
    expect(times).toEqual([0, 10_000, 4_000, 20_000]);
  });

  test('gives ids of the run, and knows repeats and what is no event', async () => {
    const events = await replayed([line('a', 0), line('a', 0), '{"type":', line('b', 1)]);
    expect(events.map(({ kind }) => KINDS[kind])).toEqual(['transaction', 'duplicate', 'malformed', 'transaction']);
    expect(JSON.parse(Buffer.from(events[0]?.data ?? []).toString())).toMatchObject({ event_id: 'l1-a', customer_id: 'l1-ada' });
    for (const { partitionKey } of events) expect(partitionKey).toMatch(/^l1-/);
  });

  test('is shared by customers, each event once', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => line(`e${i}`, i, `c${i % 7}`));
    const parts = await Promise.all([0, 1, 2].map((producer) => replayed(lines, { producer, producers: 3 })));
    expect(parts.flat()).toHaveLength(60);
    const keys = parts.map((part) => new Set(part.map(({ partitionKey }) => partitionKey)));
    expect(keys.reduce((sum, { size }) => sum + size, 0)).toBe(7);
  });

  test.each([
    ['a file without times', ['{"a":1}', 'x'], 'replay.input: got'],
    ['an empty file', [], 'a file of events with event_time'],
  ])('of %s is refused', async (_, lines, message) => {
    await expect(replayed(lines)).rejects.toThrow(message);
  });

  test('of a file that is not there is refused', async () => {
    await expect(openReplay({ input: 'nowhere.ndjson', speed: 1, run: 'l1', startMs: 0, producer: 0, producers: 1 })).rejects.toThrow(
      'a file that can be read (ENOENT)',
    );
  });
});
