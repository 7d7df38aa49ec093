import { usageError } from '../../core/errors.ts';
import type { EventProducer } from '../../core/ports.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import type { LedgerReport } from '../../local/runtime/ledger.ts';
import type { LakeQueries } from '../../local/sql/format.ts';
import { DATA_FLAG } from '../command.ts';
import { LocalSource } from './local.ts';

/** Where commands look: a data folder on this machine, or a deployed stack. */
export interface Source {
  /** SQL on the lake's tables. Throws UsageError when the place is not there or the query is refused. */
  lake(): Promise<LakeQueries>;
  /** The balance of each shard, compared with the archive. */
  ledger(): Promise<LedgerReport>;
  /** Puts events on the stream through a producer that is open while `use` runs. */
  produce(use: (producer: EventProducer) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Flags that name a source. */
export interface Place {
  readonly data: string;
  /** Name of a stack; undefined for the data folder. */
  readonly stack: string | undefined;
  /** Kinesis endpoint of a running `headrace up` over the data folder. */
  readonly endpoint?: string | undefined;
  /** The lake as it was published at this moment, epoch ms. */
  readonly asOfMs?: number | undefined;
}

/** Does something with a source and closes it. Throws UsageError when it names two places. */
export async function withSource<T>(place: Place, loaded: LoadedPipeline, use: (source: Source) => Promise<T>): Promise<T> {
  const source = await openSource(place, loaded);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

async function openSource({ data, stack, endpoint, asOfMs }: Place, loaded: LoadedPipeline): Promise<Source> {
  if (stack === undefined) return new LocalSource(data, loaded, { endpoint, asOfMs });
  if (data !== DATA_FLAG.fallback) throw usageError('--data', data, 'no --data beside --stack');
  if (endpoint !== undefined) throw usageError('--endpoint', endpoint, 'no --endpoint beside --stack; AWS_ENDPOINT_URL names another one');
  if (asOfMs !== undefined)
    throw usageError(
      '--as-of',
      'a stack',
      'a data folder: Athena reads what the catalogue points at now; docs/lake.md says how to look back there',
    );
  // The clients of a stack take a while to load, and most command lines need none.
  const { openStack } = await import('./aws.ts');
  return openStack(stack, loaded);
}
