import { positionOf } from '../../core/decode/position.ts';
import type { Lane, Position } from '../../core/model.ts';
import type { Plan } from '../../core/plan.ts';
import { type ArchivedRecord, parseContext } from '../../core/replay/record.ts';
import type { Context } from '../../core/state/shard.ts';
import { blobBytes, type SortEngine } from '../../lake/compaction/engine.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { BackfillError } from './errors.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { Work } from './work.ts';

/** Names of the files with the records of a slice: engines write some slices at a time, each some into a folder of their own. */
export async function sliceNames(work: Work, at: number): Promise<string[]> {
  const names = await work.names('shuffle/records');
  return names.filter((name) => name.includes(`/slice=${at}/`));
}

/** Folder of control rows. */
export const CONTEXTS_FOLDER = 'shuffle/contexts/';
/** Folder of what watermarks go by. */
export const STEPS_FOLDER = 'shuffle/steps/';

/** In the order of the stream: sequence numbers are decimal text, the longer one is greater. */
export const STREAM_ORDER = 'length(sequence), sequence, sub_sequence';

/** Rows of Parquet files of the work; none is an empty relation with the named columns as text. */
export function filesSql(paths: readonly string[], columns: string): string {
  return `(SELECT ${columns} FROM read_parquet([${paths.map(quoteText).join(', ')}], union_by_name = true, hive_partitioning = false))`;
}

/** The control rows of all shards. */
export class Contexts {
  private readonly byShard = new Map<string, { readonly at: Position; readonly context: Context }[]>();

  /** Reads them from the work of a backfill. */
  static async read(work: Work, engine: SortEngine): Promise<Contexts> {
    const contexts = new Contexts();
    const names = await work.names(CONTEXTS_FOLDER);
    if (names.length === 0) return contexts;
    await work.withFiles(names, async (paths) => {
      const rows = `${filesSql(paths, 'shard_id, sequence, sub_sequence, context')} ORDER BY ${STREAM_ORDER}`;
      for await (const part of engine.parts(`SELECT * FROM ${rows}`)) for (const row of part) contexts.add(row);
    });
    return contexts;
  }

  /** Throws BackfillError DEFINITION_CHANGED where records were judged by a later definition than this build has. */
  assertKnown({ pipeline }: Plan): void {
    const newest = Math.max(0, ...[...this.byShard.values()].flatMap((list) => list.map(({ context }) => context.definition)));
    if (newest > pipeline.version)
      throw new BackfillError(
        'DEFINITION_CHANGED',
        `records were judged by definition version ${newest} of pipeline ${pipeline.name}, this build has ${pipeline.version}; use the build that has it`,
      );
  }

  /** The context in force at a position: of the newest control row at it or before. */
  at(shardId: string, position: Position): Context | undefined {
    const list = this.byShard.get(shardId) ?? [];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.at ?? '') <= position) low = middle + 1;
      else high = middle;
    }
    return list[low - 1]?.context;
  }

  private add([shard, sequence, subSequence, context]: readonly unknown[]): void {
    const list = this.byShard.get(String(shard)) ?? [];
    const at = positionOf(String(sequence), Number(subSequence));
    // Files may hold a control row more than once.
    if (list.at(-1)?.at !== at) list.push({ at, context: parseContext(String(context)) });
    this.byShard.set(String(shard), list);
  }
}

/** Records of one slice in stream order, each once, part by part. */
export async function* readSlice(engine: SortEngine, contexts: Contexts, paths: readonly string[]): AsyncGenerator<ArchivedRecord[]> {
  if (paths.length === 0) return;
  const time = (name: string): string => `epoch_ms(${name}) AS ${name}`;
  const columns = `shard_id, sequence, sub_sequence, ${time('arrival_time')}, partition_key, data, lane, ${time('watermark')}`;
  const sql = `SELECT * FROM ${filesSql(paths, columns)} ORDER BY ${STREAM_ORDER}, shard_id`;
  let before = '';
  for await (const part of engine.parts(sql)) {
    const records = part
      .map((row) => recordOf(row, contexts))
      .filter(({ shardId, raw }) => {
        const at = `${raw.position} ${shardId}`;
        const isNew = at !== before;
        before = at;
        return isNew;
      });
    if (records.length > 0) yield records;
  }
}

function recordOf(row: readonly unknown[], contexts: Contexts): ArchivedRecord {
  const [shard, sequence, subSequence, arrival, partitionKey, data, lane, watermark] = row;
  const position = positionOf(String(sequence), Number(subSequence));
  return {
    shardId: String(shard),
    raw: {
      position,
      sequence: String(sequence),
      subSequence: Number(subSequence),
      arrivalMs: Number(arrival),
      partitionKey: String(partitionKey),
      // Through Firehose bytes come as base64 text.
      bytes: typeof data === 'string' ? Buffer.from(data, 'base64') : blobBytes(data),
    },
    lane: String(lane) as Lane,
    watermarkMs: watermark === null ? null : Number(watermark),
    context: contexts.at(String(shard), position),
  };
}

/** The pipeline without the windows and tiles that a backfill does not need. */
export function neededOf(plan: Plan, { tables, hasDecisions }: BackfillPlan): Plan {
  return {
    ...plan,
    families: plan.families.filter(({ aggregate }) => (aggregate === undefined ? hasDecisions : tables.includes(aggregate.name))),
    sessions: plan.sessions.filter(({ aggregate }) => tables.includes(aggregate.name)),
  };
}
