import { setTimeout as sleep } from 'node:timers/promises';
import { functionFault } from '../../functions/adapters/lambda-function.ts';
import type { ErasureReceipt } from '../../lake/erasure/receipts.ts';
import { listReceipts } from '../../lake/erasure/receipts.ts';
import { type ForgetOutcome, type ForgetPlan, forgetInFolder, planForgetInFolder } from '../../local/erasure/folder.ts';
import { FolderObjectStore } from '../../local/objects/folder.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { writeErr } from '../output.ts';
import { stopSignal } from '../stop.ts';
import { openFolder } from './lake.ts';
import { checkPlace, type Place } from './source.ts';
import { explain } from './stack.ts';
import { askUntilDone } from './stack-forget.ts';

/** Who is to be forgotten, and who says so. */
export interface Forgotten {
  readonly field: string;
  readonly value: string;
  readonly by: string;
}

/** The erasures of a place: a data folder, or a deployed stack. */
export interface Erasures {
  list(): Promise<readonly ErasureReceipt[]>;
  plan(who: Forgotten): Promise<ForgetPlan>;
  forget(who: Forgotten): Promise<ForgetOutcome>;
}

/** Does something with the erasures of what the flags name. */
export async function withErasures<T>(place: Place, loaded: LoadedPipeline, use: (erasures: Erasures) => Promise<T>): Promise<T> {
  checkPlace(place);
  const { stack, data } = place;
  if (stack === undefined) return use(ofFolder(data, loaded));
  try {
    const { openForget } = await import('./aws-lake.ts');
    const { call, close } = openForget(stack);
    try {
      return await use(ofStack(call));
    } finally {
      close();
    }
  } catch (error) {
    throw explain(functionFault(error), stack);
  }
}

function ofFolder(data: string, loaded: LoadedPipeline): Erasures {
  const { meta, lake } = openFolder(data, loaded.pipeline.name);
  const options = { dataDir: data, meta, loaded, clock: Date.now };
  return {
    list: () => listReceipts(new FolderObjectStore(lake)),
    plan: (who) => planForgetInFolder({ ...options, ...who }),
    forget: (who) => forgetInFolder({ ...options, ...who }),
  };
}

function ofStack(call: (event: unknown) => Promise<unknown>): Erasures {
  const signal = stopSignal();
  return {
    list: async () => (await call({ ask: 'list' })) as readonly ErasureReceipt[],
    plan: async (who) => (await call({ ask: 'plan', ...who })) as ForgetPlan,
    forget: (who) =>
      askUntilDone(async () => (await call({ ask: 'forget', ...who })) as ForgetOutcome, {
        signal,
        clock: Date.now,
        pause: (ms) => sleep(ms, undefined, { signal }).catch(() => undefined),
        say: (line) => writeErr(`${line}\n`),
      }),
  };
}
