import type { Packing } from '../../cards/records.ts';
import type { ClosedGroup, Firing } from '../../harness/tally.ts';
import { type Fact, RULES } from '../../measures/rules-data.ts';
import { deaggregate } from '../aws-kinesis-agg.ts';
import { jsonRules } from '../json-rules-engine.ts';
import { Cards, type Meaning } from './features.ts';
import { type BaselinePayment, read } from './schema.ts';
import { bothWindows } from './windows.ts';

/** How the baseline judges and what its features mean. */
export interface BaselineOptions {
  readonly packing: Packing;
  readonly judge: 'closures' | 'json-rules-engine';
  readonly meaning: Meaning;
}

/** The usual Node handler: JSON.parse, zod, maps, sketches from npm, rules as functions. */
export interface Baseline {
  handle(payload: string): Promise<void>;
  readonly firings: Firing[];
  readonly groups: ClosedGroup[];
  rejected: number;
}

interface Envelope {
  readonly Records: readonly {
    readonly kinesis: { readonly data: string; readonly sequenceNumber: string; readonly partitionKey: string };
  }[];
}

/** Makes the usual handler. */
export function createBaseline({ packing, judge, meaning }: BaselineOptions): Baseline {
  const groups: ClosedGroup[] = [];
  const firings: Firing[] = [];
  const windows = bothWindows((group) => groups.push(group));
  const cards = new Cards(meaning);
  const engine = judge === 'json-rules-engine' ? jsonRules() : undefined;
  const baseline: Baseline = { handle, firings, groups, rejected: 0 };
  return baseline;

  async function handle(payload: string): Promise<void> {
    for (const { kinesis } of (JSON.parse(payload) as Envelope).Records) {
      const texts = packing === 'plain' ? [kinesis.data] : deaggregate(kinesis).map(({ data }) => data);
      for (const text of texts) {
        const payment = read(text);
        if (payment === undefined) baseline.rejected += 1;
        // Waiting costs, and only the engine must be waited for.
        else if (engine === undefined) fire(payment, factsOf(payment));
        else for (const rule of await engine(factsOf(payment))) firings.push({ rule, eventId: payment.event_id });
      }
    }
  }

  function factsOf(payment: BaselinePayment): Fact {
    const timeMs = Date.parse(payment.event_time);
    for (const window of windows) window.add(payment, timeMs);
    return cards.facts(payment, timeMs);
  }

  function fire({ event_id: eventId }: BaselinePayment, facts: Fact): void {
    for (const { id, closure } of RULES) if (closure(facts)) firings.push({ rule: id, eventId });
  }
}
