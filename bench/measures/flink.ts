import { join } from 'node:path';
import { JournaledStateStore } from '../../local/state/journaled.ts';
import type { Measure, Outcome, Work } from '../harness/measure.ts';
import { flinkIsMissing, runFlink } from '../peers/flink.ts';
import { handleByProduct } from './batches.ts';

/** State as `headrace up` has it: a journal that each write reaches before it counts. */
async function durable(work: Work): Promise<Outcome> {
  const stores: JournaledStateStore[] = [];
  const storeOf = (clock: () => number): JournaledStateStore => {
    const store = new JournaledStateStore(join(work.scratch, 'state'), clock);
    stores.push(store);
    return store;
  };
  const outcome = await handleByProduct(work, 'plain', { storeOf });
  for (const store of stores) await store.close();
  return outcome;
}

/** The handler beside Apache Flink on this machine, both warm. Flink is handed lines; the product unpacks invocations first. */
export const flink: Measure = {
  name: 'flink',
  title: 'Handler beside Apache Flink 2.3, one process, parallelism 1',
  sizes: { full: { events: 100_000, warmUp: 100_000, reps: 3 } },
  variants: {
    product: { run: (work) => handleByProduct(work, 'plain') },
    'product on disk': { run: durable },
    'Flink, heap': { run: (work) => runFlink(work, 'heap'), isMissing: flinkIsMissing },
    'Flink, RocksDB and checkpoints': { run: (work) => runFlink(work, 'rocksdb'), isMissing: flinkIsMissing },
  },
  ratios: [
    { name: 'handler_vs_flink_heap', ours: 'product', theirs: 'Flink, heap', target: 2.5 },
    { name: 'durable_vs_flink_rocksdb', ours: 'product on disk', theirs: 'Flink, RocksDB and checkpoints', target: 5 },
  ],
};
