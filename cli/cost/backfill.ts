import type { BackfillPlan } from '../../local/backfill/backfills.ts';
import { ONE_CPU_MB, PARQUET_ROW_BYTES, TB } from './constants.ts';
import type { PriceName, PriceTable } from './prices.ts';

/** What a plan says of its size. */
export type BackfillSize = Pick<BackfillPlan, 'events' | 'slices' | 'merges' | 'bands' | 'parts' | 'shards' | 'tables' | 'estimate'>;

/** What one backfill costs on AWS. */
export interface BackfillCost {
  /** US dollars by service. */
  readonly services: readonly { readonly service: string; readonly usd: number }[];
  readonly usd: number;
  /** For a million records read, those of the history among them. */
  readonly usdPerMillion: number;
}

/** Memory of the function, MB, as deployed. */
const FUNCTION_MB = 2_048;
/** Payload of an archived event, bytes, compressed with its row; PARQUET_ROW_BYTES is the row without. */
const PAYLOAD_BYTES = 120;
/** Partitions that one UNLOAD of Athena writes at most. */
const UNLOAD_PARTITIONS = 100;
/** Statements beside those of the shuffle: two counts, control rows, what watermarks go by. */
const OTHER_STATEMENTS = 4;
/** State transitions of one child of a map: started, its task, ended. */
const CHILD_TRANSITIONS = 3;
/** Parts that are compared in one call. */
const PARTS_A_CALL = 8;

/** Prices a backfill by its plan; requests are counted, not measured. */
export function backfillCost(plan: BackfillSize, { prices }: PriceTable): BackfillCost {
  const calls = plan.shards.length + 2 * plan.slices + plan.merges.length + plan.parts.length / PARTS_A_CALL;
  // Each slice of keys writes its records, what it adds to each stretch, and the rows of each table in each band.
  const stretches = Math.min(plan.merges.length, Math.max(1, plan.events / plan.slices));
  const puts =
    plan.slices * (1 + stretches + plan.tables.length * plan.bands.length) + plan.merges.length * plan.tables.length + plan.parts.length;
  const scanned = plan.events * (PARQUET_ROW_BYTES + PAYLOAD_BYTES) * (Math.ceil(plan.slices / UNLOAD_PARTITIONS) + OTHER_STATEMENTS);
  const cpuS = plan.estimate.cpuSeconds / Math.min(1, FUNCTION_MB / ONE_CPU_MB);
  const used: readonly (readonly [service: string, price: PriceName, quantity: number])[] = [
    ['Lambda', 'lambdaX86GbSecond', cpuS * (FUNCTION_MB / 1024)],
    ['Lambda', 'lambdaRequest', calls],
    ['Step Functions', 'stepsTransition', calls * CHILD_TRANSITIONS],
    ['S3', 's3PutRequest', puts],
    ['S3', 's3GetRequest', 3 * puts],
    ['Athena', 'athenaTb', scanned / TB],
  ];
  const services = [...new Set(used.map(([service]) => service))].map((service) => ({
    service,
    usd: used.reduce((sum, [name, price, quantity]) => (name === service ? sum + quantity * prices[price].usd : sum), 0),
  }));
  const usd = services.reduce((sum, one) => sum + one.usd, 0);
  return { services, usd, usdPerMillion: (usd / Math.max(1, plan.events)) * 1e6 };
}
