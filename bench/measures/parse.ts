import type { StreamRecord } from '../../core/decode/unpack.ts';
import { compilePlan } from '../../core/plan.ts';
import { createRandom } from '../../core/random.ts';
import { readRecords } from '../../core/read.ts';
import type { KinesisStreamEvent } from '../../functions/kinesis-event.ts';
import { withBroken } from '../cards/broken.ts';
import { FIRST_ARRIVAL_MS } from '../cards/events.ts';
import { pipeline } from '../cards/pipeline.ts';
import { arrivalOf, BATCH_EVENTS, payloadsOf } from '../cards/records.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Measure, type Outcome, type Work } from '../harness/measure.ts';
import { read } from '../peers/baseline/schema.ts';

/** What was read, in numbers that do not depend on how. */
class Sums {
  accepted = 0;
  rejected = 0;
  private cents = 0;
  private afterStartMs = 0;
  private places = 0;

  /** Amount in hundredths, time in epoch ms, place in ten-thousandths of degrees. */
  accept(cents: number, timeMs: number, place: number): void {
    this.accepted += 1;
    this.cents += cents;
    this.afterStartMs += timeMs - FIRST_ARRIVAL_MS;
    this.places += place;
  }

  get result() {
    const { accepted, rejected, cents, afterStartMs, places } = this;
    return { exact: { accepted, rejected, cents, afterStartMs, places } };
  }
}

const BROKEN_SHARE = 0.01;

/** Records of one event each, as base64, one in a hundred broken. */
function recordsOf(work: Work): StreamRecord[] {
  const lines = withBroken(linesOf(work), BROKEN_SHARE, createRandom(2));
  const records: StreamRecord[] = [];
  for (const payload of payloadsOf(lines, 'plain')) {
    for (const { kinesis } of (JSON.parse(payload) as KinesisStreamEvent).Records) {
      const { sequenceNumber, partitionKey, data } = kinesis;
      records.push({ sequence: sequenceNumber, partitionKey, data, arrivalMs: arrivalOf(records.length) });
    }
  }
  return records;
}

async function measured(work: Work, readAll: (records: readonly StreamRecord[]) => Sums): Promise<Outcome> {
  const records = recordsOf(work);
  readAll(records.slice(0, work.warmUp));
  const { cpuUs, value } = await cpuOf(() => readAll(records.slice(work.warmUp)));
  return { events: work.events, cpuUs, result: value.result };
}

const plan = compilePlan(pipeline);

/** As the handler does: the records of a batch at once. */
function product(records: readonly StreamRecord[]): Sums {
  const sums = new Sums();
  for (let at = 0; at < records.length; at += BATCH_EVENTS) {
    for (const { parsed } of readRecords(plan, records.slice(at, at + BATCH_EVENTS))) {
      if ('rejection' in parsed) sums.rejected += 1;
      else {
        const { amount, lat } = parsed.event.values;
        sums.accept(amount as number, parsed.event.timeMs, lat as number);
      }
    }
  }
  return sums;
}

function zod(records: readonly StreamRecord[]): Sums {
  const sums = new Sums();
  for (const { data } of records) {
    const payment = read(data);
    if (payment === undefined) sums.rejected += 1;
    else sums.accept(Math.round(payment.amount * 100), Date.parse(payment.event_time), Math.round(payment.lat * 10_000));
  }
  return sums;
}

/** Only what `JSON.parse` itself does: it accepts every object. */
function bareJson(records: readonly StreamRecord[]): number {
  let objects = 0;
  for (const { data } of records) {
    try {
      objects += typeof JSON.parse(Buffer.from(data, 'base64').toString()) === 'object' ? 1 : 0;
    } catch {
      // Broken ones are part of the work.
    }
  }
  return objects;
}

/** Bytes of records to checked events, beside zod and beside `JSON.parse` alone. */
export const parse: Measure = {
  name: 'parse',
  title: 'Parse and validate: base64 of one event to a checked event, one in a hundred broken',
  sizes: {
    guard: { events: 40_000, warmUp: 20_000, reps: 3 },
    quick: { events: 50_000, warmUp: 20_000, reps: 3 },
    full: { events: 300_000, warmUp: 60_000, reps: 7 },
  },
  variants: {
    product: { run: (work) => measured(work, product) },
    zod: { run: (work) => measured(work, zod) },
    'JSON.parse': {
      isPart: true,
      run: async (work) => {
        const records = recordsOf(work);
        bareJson(records.slice(0, work.warmUp));
        const { cpuUs } = await cpuOf(() => bareJson(records.slice(work.warmUp)));
        return { events: work.events, cpuUs, result: { exact: {} } };
      },
    },
  },
  ratios: [
    { name: 'parse_vs_zod', ours: 'product', theirs: 'zod', target: 5 },
    { name: 'parse_vs_json', ours: 'product', theirs: 'JSON.parse', target: 2.5 },
  ],
};
