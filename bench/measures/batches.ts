import { createProduct, type ProductOptions } from '../cards/product.ts';
import { BATCH_EVENTS, type Packing, payloadsOf } from '../cards/records.ts';
import { RESULT_TABLES, resultOf } from '../cards/results.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Outcome, type Result, type Work } from '../harness/measure.ts';

/** A handler that is measured, and what came out of it in the end. */
export interface Handling {
  readonly handle: (payload: string) => Promise<void>;
  readonly result: () => Promise<Result> | Result;
}

/** Hands invocations to a handler, the warm-up first: CPU an event, and how long batches take. */
export async function handleAll(work: Work, packing: Packing, { handle, result }: Handling): Promise<Outcome> {
  const payloads = [...payloadsOf(linesOf(work), packing)];
  const warm = Math.round(work.warmUp / BATCH_EVENTS);
  for (const payload of payloads.slice(0, warm)) await handle(payload);
  const times: number[] = [];
  const { cpuUs } = await cpuOf(async () => {
    for (const payload of payloads.slice(warm)) {
      const startMs = performance.now();
      await handle(payload);
      times.push(performance.now() - startMs);
    }
  });
  times.sort((a, b) => a - b);
  const share = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return { events: work.events, cpuUs, result: await result(), figures: { batch_ms_p50: share(0.5), batch_ms_p99: share(0.99) } };
}

/** Hands invocations to the handlers as they are deployed. */
export async function handleByProduct(work: Work, packing: Packing, { storeOf }: Pick<ProductOptions, 'storeOf'> = {}): Promise<Outcome> {
  const { handle, close, delivery } = await createProduct({ kept: RESULT_TABLES, ...(storeOf === undefined ? {} : { storeOf }) });
  const result = async (): Promise<Result> => {
    await close();
    return resultOf(delivery.kept);
  };
  return handleAll(work, packing, { handle, result });
}
