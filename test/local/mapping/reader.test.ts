import { describe, expect, test } from 'vitest';
import { CursorExpiredError, type ReadFrom, type StreamPage, type StreamSource } from '../../../functions/adapters/kinesis-source.ts';
import { ShardReader } from '../../../local/mapping/reader.ts';

const record = (sequence: string, bytes = 1): StreamPage['records'][number] => ({
  sequence,
  partitionKey: 'k',
  arrivalMs: 0,
  data: new Uint8Array(bytes),
});

interface Script {
  readonly source: StreamSource;
  readonly opened: ReadFrom[];
  readonly reads: (readonly [cursor: string, limit: number])[];
}

/** A source that answers reads from a script and notes what it was asked. */
function scripted(...pages: (StreamPage | Error)[]): Script {
  const opened: ReadFrom[] = [];
  const reads: [string, number][] = [];
  const source: StreamSource = {
    shards: () => Promise.resolve([]),
    cursor: (_, from) => {
      opened.push(from);
      return Promise.resolve(`open ${opened.length}`);
    },
    read: (cursor, limit) => {
      const page = pages[reads.length];
      reads.push([cursor, limit]);
      return page instanceof Error || page === undefined ? Promise.reject(page ?? new Error('script over')) : Promise.resolve(page);
    },
  };
  return { source, opened, reads };
}

const empty = (next: string | undefined, atTip = true): StreamPage => ({ records: [], next, atTip });

describe('shard reader', () => {
  test('an open shard without a first record is read from its start again, so that a put under way is not passed over', async () => {
    const { source, reads } = scripted(empty('later'), { records: [record('1')], next: 'after 1', atTip: true }, empty('after 1, later'));
    const reader = new ShardReader(source, 's', undefined);
    expect([await reader.fetch(), await reader.fetch(), await reader.fetch()]).toEqual(['tip', 'records', 'tip']);
    expect(reads.map(([cursor]) => cursor)).toEqual(['open 1', 'open 1', 'after 1']);
  });

  test('gaps are followed, and a closed shard is followed to its end', async () => {
    const { source, reads } = scripted(empty('gap', false), empty('tip'), empty('tip'), empty(undefined));
    const reader = new ShardReader(source, 's', undefined);
    expect([await reader.fetch(), await reader.fetch()]).toEqual(['gap', 'tip']);
    expect(reader.markClosed()).toBe(true);
    expect(reader.markClosed()).toBe(false);
    expect([await reader.fetch(), await reader.fetch(), await reader.fetch()]).toEqual(['tip', 'end', 'end']);
    expect(reads.map(([cursor]) => cursor)).toEqual(['open 1', 'gap', 'gap', 'tip']);
    expect(reader.drained).toBe(true);
  });

  test('an expired or failed cursor is opened again behind the last record read', async () => {
    const page = { records: [record('1'), record('2')], next: 'after 2', atTip: true };
    const { source, opened } = scripted(page, new CursorExpiredError('old'), new Error('not reached'), empty('on'));
    const reader = new ShardReader(source, 's', '0');
    expect([await reader.fetch(), await reader.fetch()]).toEqual(['records', 'gap']);
    await expect(reader.fetch()).rejects.toThrow('not reached');
    expect(await reader.fetch()).toBe('tip');
    expect(opened).toEqual([{ after: '0' }, { after: '2' }, { after: '2' }]);
    expect(reader.length).toBe(2);
  });

  test('pages shrink to what large records allow and grow by doubling', async () => {
    const page = (bytes: number): StreamPage => ({ records: [record('1', bytes)], next: 'on', atTip: false });
    const { source, reads } = scripted(page(10), page(10), page(1_000_000), page(10), page(10));
    const reader = new ShardReader(source, 's', undefined);
    for (let i = 0; i < 5; i++) await reader.fetch();
    expect(reads.map(([, limit]) => limit)).toEqual([16, 32, 64, 1, 2]);
    expect(reader.bytes).toBe(1_000_040);
    expect(reader.take(3).length).toBe(3);
    expect(reader.bytes).toBe(20);
  });
});
