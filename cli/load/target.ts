import { RetriableError, usageError } from '../../core/errors.ts';
import type { LoadTarget, Progress } from '../../load-test/run/target.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { type LiveAddress, readLive } from '../../local/runtime/live.ts';
import type { PipelineStatus } from '../../local/status/server.ts';
import { DATA_FLAG } from '../command.ts';
import { LocalSource } from '../source/local.ts';
import { stackNames } from '../source/names.ts';
import { checkPlace } from '../source/source.ts';
import { startOwnPipeline } from './own-pipeline.ts';

/** Flags that name a target. */
export interface TargetFlags {
  readonly data: string;
  readonly stack: string | undefined;
  readonly stream: string | undefined;
  readonly endpoint: string | undefined;
  readonly pipeline: string;
  readonly shards: number;
  readonly 'flush-seconds': number;
}

/** An open target; closing it stops what was started for it. */
export interface OpenTarget {
  readonly target: LoadTarget;
  /** Whether its shards have the limits of real ones. */
  readonly hasLimits: boolean;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const LOCAL_POLL_MS = 500;
/** Athena bills every look. */
const STACK_POLL_MS = 30_000;
/** Longest buffer of a delivery stream as deployed. */
const STACK_BUFFER_MS = 300_000;

/** Opens the target that the flags name: a stream alone, a stack, or a data folder, over which the pipeline is started if nobody runs it. */
export async function openTarget(flags: TargetFlags, loaded: LoadedPipeline): Promise<OpenTarget> {
  if (flags.stream !== undefined) return streamTarget(flags, flags.stream);
  if (flags.stack !== undefined) return stackTarget(flags, flags.stack, loaded);
  if (flags.endpoint !== undefined)
    throw usageError(
      '--endpoint',
      flags.endpoint,
      'an endpoint beside --stream NAME; without --stream, --data finds the running pipeline itself',
    );
  return folderTarget(flags, loaded);
}

function streamTarget({ data, stack, endpoint }: TargetFlags, stream: string): OpenTarget {
  if (stack !== undefined) throw usageError('--stream', stream, 'no --stream beside --stack');
  if (data !== DATA_FLAG.fallback) throw usageError('--stream', stream, 'no --stream beside --data');
  const target: LoadTarget = {
    name: `stream ${stream}${endpoint === undefined ? '' : ` at ${endpoint}`}`,
    stream: { stream, endpoint, timeoutMs: TIMEOUT_MS },
    ...{ decisionNote: '', lakePollMs: LOCAL_POLL_MS, bufferMs: null },
  };
  return { target, hasLimits: endpoint === undefined, close: async () => {} };
}

async function stackTarget(flags: TargetFlags, stack: string, loaded: LoadedPipeline): Promise<OpenTarget> {
  checkPlace({ data: flags.data, stack });
  const { openStack } = await import('../source/aws.ts');
  const source = openStack(stack, loaded);
  const target: LoadTarget = {
    name: `stack ${stack}`,
    stream: { stream: stackNames(stack).stream, timeoutMs: TIMEOUT_MS },
    progress: async () => {
      const shards = await source.positions();
      const decidedMs = Date.now();
      return { batches: shards.flatMap(({ shardId, hi }) => (hi === null ? [] : [{ shardId, hi, decidedMs }])), rssMb: null };
    },
    decisionNote:
      'A record counts as decided once the shard item of the state says so, which is read five times a second: put → decision is too long by one look at most.',
    lake: await source.lake(),
    ...{ lakePollMs: STACK_POLL_MS, bufferMs: STACK_BUFFER_MS },
  };
  return { target, hasLimits: true, close: () => source.close() };
}

async function folderTarget(flags: TargetFlags, loaded: LoadedPipeline): Promise<OpenTarget> {
  const { data, pipeline, shards } = flags;
  const running = readLive(data);
  const own = running === undefined ? await startOwnPipeline({ data, pipeline, shards, flushSeconds: flags['flush-seconds'] }) : undefined;
  const source = new LocalSource(data, loaded, { endpoint: undefined, past: undefined });
  const close = async (): Promise<void> => {
    await source.close();
    await own?.stop();
  };
  try {
    const address = running ?? readLive(data);
    if (address === undefined) throw new RetriableError(`the pipeline over ${data} runs, but has not said where it can be reached`);
    const target: LoadTarget = {
      name: `${own === undefined ? 'the running pipeline' : 'a pipeline of its own'} over ${data}`,
      stream: { stream: address.stream, endpoint: address.endpoint, timeoutMs: TIMEOUT_MS },
      progress: statusReader(address),
      decisionNote:
        'A record counts as decided when its decision is durably delivered, by the clock of the pipeline, which is that of this machine.',
      lake: await source.lake(),
      ...{ lakePollMs: LOCAL_POLL_MS, bufferMs: (await statusOf(address, 0)).flushMs },
    };
    return { target, hasLimits: false, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Asks the status server for what is new. */
function statusReader(address: LiveAddress): () => Promise<Progress> {
  let after = 0;
  return async () => {
    const { next, batches, rssMb } = await statusOf(address, after);
    after = next;
    return { batches, rssMb };
  };
}

async function statusOf({ status }: LiveAddress, after: number): Promise<PipelineStatus> {
  const answer = await fetch(`${status}/status?after=${after}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new RetriableError(`${status} answered ${answer.status}`);
  return (await answer.json()) as PipelineStatus;
}
