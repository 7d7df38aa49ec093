import { usageError } from '../../core/errors.ts';
import type { EventProducer } from '../../core/ports.ts';
import type { HourSpan } from '../../lake/generations/state.ts';
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

/** A moment of the past, and how much of it is read. */
export interface Past {
  /** Epoch ms. */
  readonly asOfMs: number;
  /** Only rows of these hours; of a stack only. */
  readonly hours?: HourSpan | undefined;
  /** Bytes of files that may be fetched from a stack. */
  readonly bytesMax: number;
}

/** Flags that name a source. */
export interface Place {
  readonly data: string;
  /** Name of a stack; undefined for the data folder. */
  readonly stack: string | undefined;
  /** Kinesis endpoint of a running `headrace up` over the data folder. */
  readonly endpoint?: string | undefined;
  /** The lake as it was published at a moment. */
  readonly past?: Past | undefined;
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

async function openSource({ data, stack, endpoint, past }: Place, loaded: LoadedPipeline): Promise<Source> {
  if (stack === undefined) return new LocalSource(data, loaded, { endpoint, past });
  checkPlace({ data, stack });
  if (endpoint !== undefined) throw usageError('--endpoint', endpoint, 'no --endpoint beside --stack; AWS_ENDPOINT_URL names another one');
  // The clients of a stack take a while to load, and most command lines need none.
  const { openStack } = await import('./aws.ts');
  return openStack(stack, loaded, past);
}

/** Throws UsageError if the flags name two places. */
export function checkPlace({ data, stack }: Place): void {
  if (stack !== undefined && data !== DATA_FLAG.fallback) throw usageError('--data', data, 'no --data beside --stack');
}
