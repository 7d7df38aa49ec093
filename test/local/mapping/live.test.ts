import { describe, expect, test } from 'vitest';
import type { KinesisBatchResponse, KinesisStreamEvent } from '../../../functions/kinesis-event.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { type Mapping, type MappingOptions, startMapping } from '../../../local/mapping/live.ts';
import { MemoryStore, MemoryStream } from './memory.ts';

const S0 = 'shardId-000000000000';
const ALL_DONE: KinesisBatchResponse = { batchItemFailures: [] };

/** Calls of the handler as sequence numbers by shard. */
interface Call {
  readonly shardId: string;
  readonly sequences: readonly string[];
}

function callOf(event: KinesisStreamEvent): Call {
  const sequences = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
  return { shardId: event.Records[0]?.eventID.split(':')[0] ?? '', sequences };
}

async function start(
  stream: MemoryStream,
  store: MemoryStore,
  options: Partial<MappingOptions> & Pick<MappingOptions, 'handler'>,
): Promise<Mapping> {
  const checkpoints = await Checkpoints.load(store, stream.identity);
  return startMapping({
    source: stream,
    stream: stream.identity,
    checkpoints,
    random: () => 0,
    pollMs: 2,
    listMs: 5,
    backoffMaxMs: 2,
    ...options,
  });
}

function fill(stream: MemoryStream, shardId: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => stream.put(shardId, `k${i}`, Buffer.from(`data ${i}`)));
}

/** Runs a mapping over what is in the stream, until it is drained. */
async function drained(stream: MemoryStream, store: MemoryStore, options: Parameters<typeof start>[2]): Promise<void> {
  const mapping = await start(stream, store, options);
  await mapping.stop({ drain: true });
}

describe('event source mapping', () => {
  test('hands over the exact shape of a Lambda event', async () => {
    const stream = new MemoryStream(1);
    const [sequence] = fill(stream, S0, 1);
    const events: KinesisStreamEvent[] = [];
    await drained(stream, new MemoryStore(), {
      handler: async (event) => {
        events.push(event);
        return ALL_DONE;
      },
    });
    expect(events).toEqual([
      {
        Records: [
          {
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: 'k0',
              sequenceNumber: sequence,
              data: Buffer.from('data 0').toString('base64'),
              approximateArrivalTimestamp: 1.001,
            },
            eventSource: 'aws:kinesis',
            eventVersion: '1.0',
            eventID: `${S0}:${sequence}`,
            eventName: 'aws:kinesis:record',
            invokeIdentityArn: expect.stringMatching(/^arn:aws:iam::/),
            awsRegion: 'us-east-1',
            eventSourceARN: stream.identity.arn,
          },
        ],
      },
    ]);
  });

  test('batches hold at most the batch size, in order, one in flight for each shard', async () => {
    const stream = new MemoryStream(2);
    const puts = stream.ids().map((shardId) => fill(stream, shardId, 25));
    const calls: Call[] = [];
    const inFlight = new Map<string, number>();
    await drained(stream, new MemoryStore(), {
      batchSize: 10,
      handler: async (event) => {
        const call = callOf(event);
        inFlight.set(call.shardId, (inFlight.get(call.shardId) ?? 0) + 1);
        expect(inFlight.get(call.shardId)).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inFlight.set(call.shardId, 0);
        calls.push(call);
        return ALL_DONE;
      },
    });
    expect(Math.max(...calls.map(({ sequences }) => sequences.length))).toBe(10);
    for (const [i, shardId] of stream.ids().entries()) {
      expect(calls.filter((call) => call.shardId === shardId).flatMap(({ sequences }) => sequences)).toEqual(puts[i]);
    }
  });

  test('a partial answer goes on from the lowest failed sequence number, later good records come again', async () => {
    const stream = new MemoryStream(1);
    const sequences = fill(stream, S0, 5);
    const calls: Call[] = [];
    await drained(stream, new MemoryStore(), {
      handler: async (event) => {
        calls.push(callOf(event));
        const failed = [sequences[3], sequences[2]].map((itemIdentifier) => ({ itemIdentifier: itemIdentifier ?? '' }));
        return calls.length === 1 ? { batchItemFailures: failed } : ALL_DONE;
      },
    });
    expect(calls.map((call) => call.sequences)).toEqual([sequences, sequences.slice(2)]);
  });

  test.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['an identifier that is not in the batch', { batchItemFailures: [{ itemIdentifier: '999' }] }],
    ['an answer of another shape', { failures: [] }],
    ['null', { batchItemFailures: [{ itemIdentifier: null }] }],
  ])('%s fails the whole batch', async (_name, answer) => {
    const stream = new MemoryStream(1);
    const sequences = fill(stream, S0, 3);
    const calls: Call[] = [];
    await drained(stream, new MemoryStore(), {
      bisectOnError: false,
      handler: async (event) => {
        calls.push(callOf(event));
        return calls.length === 1 ? (answer as KinesisBatchResponse) : ALL_DONE;
      },
    });
    expect(calls.map((call) => call.sequences)).toEqual([sequences, sequences]);
  });

  test('a batch that throws is halved, first half first, and nothing is skipped', async () => {
    const stream = new MemoryStream(1);
    const sequences = fill(stream, S0, 4);
    const calls: Call[] = [];
    const done: string[] = [];
    await drained(stream, new MemoryStore(), {
      handler: async (event) => {
        const call = callOf(event);
        calls.push(call);
        if (call.sequences.length > 1) throw new Error('too many');
        done.push(...call.sequences);
        return ALL_DONE;
      },
    });
    expect(calls.slice(0, 3).map((call) => call.sequences.length)).toEqual([4, 2, 1]);
    expect(done).toEqual(sequences);
  });

  test('a record that fails again and again is tried without end and never discarded', async () => {
    const stream = new MemoryStream(1);
    const sequences = fill(stream, S0, 3);
    let failures = 0;
    const done: string[] = [];
    await drained(stream, new MemoryStore(), {
      handler: async (event) => {
        const call = callOf(event);
        if (call.sequences.includes(sequences[1] ?? '') && failures < 20) {
          failures += 1;
          throw new Error('poison');
        }
        done.push(...call.sequences);
        return ALL_DONE;
      },
    });
    expect(failures).toBe(20);
    expect(done).toEqual(sequences);
  });

  test('children are read only after all their parents are drained', async () => {
    const stream = new MemoryStream(2);
    const [left = '', right = ''] = stream.ids();
    fill(stream, left, 8);
    fill(stream, right, 2);
    const child = stream.merge(left, right);
    fill(stream, child, 2);
    const [first = ''] = stream.split(child);
    fill(stream, first, 1);
    const order: string[] = [];
    await drained(stream, new MemoryStore(), {
      batchSize: 3,
      handler: async (event) => {
        const { shardId } = callOf(event);
        await new Promise((resolve) => setTimeout(resolve, shardId === left ? 5 : 0));
        order.push(shardId);
        return ALL_DONE;
      },
    });
    expect(order.lastIndexOf(left)).toBeLessThan(order.indexOf(child));
    expect(order.lastIndexOf(right)).toBeLessThan(order.indexOf(child));
    expect(order.lastIndexOf(child)).toBeLessThan(order.indexOf(first));
  });

  test('a second mapping goes on from the checkpoints of the first', async () => {
    const stream = new MemoryStream(1);
    const store = new MemoryStore();
    const sequences = fill(stream, S0, 4);
    const done: string[] = [];
    const handler = async (event: KinesisStreamEvent): Promise<KinesisBatchResponse> => {
      done.push(...callOf(event).sequences);
      return ALL_DONE;
    };
    await drained(stream, store, { handler });
    const more = fill(stream, S0, 2);
    await drained(stream, store, { handler });
    expect(done).toEqual([...sequences, ...more]);
  });

  test('stop waits for the call in flight and takes no further batch', async () => {
    const stream = new MemoryStream(1);
    fill(stream, S0, 10);
    let running = 0;
    let calls = 0;
    const mapping = await start(stream, new MemoryStore(), {
      batchSize: 1,
      handler: async () => {
        calls += 1;
        running += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return ALL_DONE;
      },
    });
    while (calls === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await mapping.stop();
    expect(running).toBe(0);
    const before = calls;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(calls).toBe(before);
  });
});

test('a shard that had records a moment ago is read again at once, not when an idle one would be', async () => {
  const stream = new MemoryStream(1);
  const seen: string[] = [];
  const [first] = fill(stream, S0, 1);
  const mapping = await start(stream, new MemoryStore(), {
    // An idle shard waits for a minute.
    pollMs: 60_000,
    handler: async (event) => {
      seen.push(...callOf(event).sequences);
      return ALL_DONE;
    },
  });
  await expect.poll(() => seen).toEqual([first]);
  const [second] = fill(stream, S0, 1);
  await expect.poll(() => seen, { timeout: 5_000 }).toEqual([first, second]);
  await mapping.stop();
});
