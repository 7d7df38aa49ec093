import { createHash } from 'node:crypto';
import { forEachUnit } from '../../core/decode/unpack.ts';
import type { KinesisRecord, KinesisStreamEvent } from '../../functions/kinesis-event.ts';
import { payloadsOf } from '../cards/records.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Measure, type Outcome, type Work } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';

type Kinesis = KinesisRecord['kinesis'];
/** Takes an aggregate apart and hands out each user record; gives how many bytes they have. */
type Unpack = (record: Kinesis, take?: (partitionKey: string, data: Uint8Array) => void) => number;

const product: Unpack = ({ data, sequenceNumber, partitionKey }, take) => {
  let bytes = 0;
  forEachUnit({ sequence: sequenceNumber, arrivalMs: 0, partitionKey }, Buffer.from(data, 'base64'), (raw, rejection) => {
    if (rejection !== undefined) throw new Error(rejection.message);
    bytes += raw.bytes.length;
    take?.(raw.partitionKey, raw.bytes);
  });
  return bytes;
};

/** By Amazon's own library. */
const amazon = async (): Promise<Unpack> => {
  const { deaggregate } = await import('../peers/aws-kinesis-agg.ts');
  return (record, take) => {
    let bytes = 0;
    for (const { partitionKey, data } of deaggregate(record)) {
      // Whoever reads an event needs its bytes, which the library gives in base64 again.
      const own = Buffer.from(data, 'base64');
      bytes += own.length;
      take?.(partitionKey, own);
    }
    return bytes;
  };
};

async function measured(work: Work, unpack: Unpack): Promise<Outcome> {
  const payloads = [...payloadsOf(linesOf({ ...work, warmUp: 0 }), 'kpl')];
  const records = payloads.flatMap((payload) => (JSON.parse(payload) as KinesisStreamEvent).Records.map(({ kinesis }) => kinesis));
  const hash = createHash('sha256');
  let count = 0;
  for (const record of records) {
    unpack(record, (key, data) => {
      count += 1;
      hash.update(key).update(data);
    });
  }
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp += 1) for (const record of records) unpack(record);
  let bytes = 0;
  const { cpuUs } = await cpuOf(() => {
    for (let round = 0; round < ROUNDS; round += 1) for (const record of records) bytes += unpack(record);
  });
  return { events: count * ROUNDS, cpuUs, result: { exact: { count, bytes, digest: hash.digest('hex').slice(0, 16) } } };
}

const WARM_UP_ROUNDS = 2;
/** Taking apart is so quick that each aggregate is taken apart several times. */
const ROUNDS = 5;

/** Aggregates of the producer library to user records, checksum checked, beside Amazon's own reader. */
export const kpl: Measure = {
  name: 'kpl',
  title: 'KPL: base64 of aggregates to the bytes of their events, MD5 checked',
  sizes: {
    guard: { events: 20_000, warmUp: 0, reps: 3 },
    quick: { events: 20_000, warmUp: 0, reps: 3 },
    full: { events: 100_000, warmUp: 0, reps: 7 },
  },
  variants: {
    product: { run: (work) => measured(work, product) },
    'aws-kinesis-agg': { run: async (work) => measured(work, await amazon()), isMissing: packagesMissing('aws-kinesis-agg') },
  },
  ratios: [{ name: 'kpl_vs_agg', ours: 'product', theirs: 'aws-kinesis-agg', target: 3 }],
};
