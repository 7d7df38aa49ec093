import {
  COMPACTED_SHARE,
  COMPACTION_FILE_ROWS,
  COMPACTION_ROW_US,
  COMPACTION_TICK_S,
  COMPACTIONS_OF_HOUR,
  GB,
  LIST_PAGE,
  LOG_BYTES,
  MONTH_HOURS,
  MONTH_S,
  ONE_CPU_MB,
  STORE_CALL_S,
  STORE_CALLS_AT_ONCE,
} from './constants.ts';
import type { TableUse } from './lake.ts';
import type { Usage } from './services.ts';
import type { Workload } from './workload.ts';

const HOUR_S = 3_600;
const DAY_S = 86_400;
/** Of one generation: it is taken, published, and has a receipt; its data files come on top. */
const SMALL_PUTS = 3;
/** Of one generation: its folder is listed before it is published. */
const LISTS = 1;
/** Of one generation: its table is looked up, its partition swapped. */
const GLUE_CALLS = 2;
/** Of one landing file: the manifest of its hour is read, its folder listed. */
const LANDED_CALLS = 2;
/** A sweep lists each table and reads its manifests twice, and asks the catalogue for its hours. */
const SWEEP_READS = 2;
/** Calls that one generation makes one after the other. */
const CALLS_IN_A_ROW = 12;

/** What the compaction of one table does, a second. */
interface TableWork {
  readonly generations: number;
  readonly rows: number;
  /** Data files of these generations. */
  readonly files: number;
  readonly landed: number;
  /** Lists of a look at the whole table. */
  readonly pages: number;
}

/** Calls a second to each service, and what is busy. */
interface CompactionUse {
  readonly calls: number;
  readonly functionS: number;
  readonly puts: number;
  readonly gets: number;
  readonly glueCalls: number;
  /** Objects that are made or removed: the bucket tells of each. */
  readonly events: number;
}

/** What compaction, and what it keeps for looking back, is billed for, a month. */
export function compactionUsages(work: Workload): Usage[] {
  const { calls, functionS, puts, gets, glueCalls, events } = compactionUse(work);
  const usages: Omit<Usage, 'part'>[] = [
    { service: 'Lambda', price: 'lambdaRequest', quantity: calls * MONTH_S },
    { service: 'Lambda', price: 'lambdaX86GbSecond', quantity: functionS * MONTH_S * (work.size.compactionMb / 1024) },
    { service: 'S3', price: 's3PutRequest', quantity: puts * MONTH_S },
    { service: 'S3', price: 's3GetRequest', quantity: gets * MONTH_S },
    { service: 'S3', price: 's3StorageGbMonth', quantity: keptBytes(work) / GB },
    { service: 'Glue', price: 'glueRequest', quantity: glueCalls * MONTH_S },
    { service: 'CloudWatch', price: 'cloudwatchLogsGb', quantity: (calls * MONTH_S * LOG_BYTES) / GB },
    { service: 'X-Ray', price: 'xrayTrace', quantity: calls * MONTH_S * work.size.tracedShare },
    // The bucket's events are opted in to, which makes them billed ones; ticks are free.
    { service: 'EventBridge', price: 'eventbridgeEvent', quantity: events * MONTH_S },
  ];
  return usages.map((usage) => ({ ...usage, part: 'compaction' }));
}

/** Bytes of a month of rows as generations, instead of `stored` landed ones. */
export function compactedBytes(tables: readonly TableUse[]): number {
  return COMPACTED_SHARE * storedPerS(tables) * MONTH_S;
}

/**
 * Bytes that are kept beside the published generations: landing files that one includes and generations that another one replaced, for
 * as long as one may look back, and then their versions in the bucket.
 */
function keptBytes({ tables, shape, size }: Workload): number {
  const replaced = (COMPACTIONS_OF_HOUR - 1) * COMPACTED_SHARE;
  return storedPerS(tables) * (1 + replaced) * DAY_S * (shape.generationsDays + size.oldVersionsDays);
}

function compactionUse({ tables, shape, size }: Workload): CompactionUse {
  const works = tables.map((table) => workOf(table, shape.generationsDays));
  const total = (value: (one: TableWork) => number): number => works.reduce((sum, one) => sum + value(one), 0);
  const [generations, landed, files] = [total((one) => one.generations), total((one) => one.landed), total((one) => one.files)];
  const [ticks, nights] = [1 / COMPACTION_TICK_S, 1 / DAY_S];
  // A tick reads the manifests of hours whose landing files are still kept.
  const tickManifests = tables.length * 24 * shape.generationsDays;
  const tickS = (tickManifests / STORE_CALLS_AT_ONCE + total((one) => one.pages)) * STORE_CALL_S;
  const cpuS = (total((one) => one.rows) * COMPACTION_ROW_US) / 1e6 / Math.min(1, size.compactionMb / ONE_CPU_MB);
  return {
    calls: ticks + landed,
    functionS: cpuS + ticks * tickS + (generations * CALLS_IN_A_ROW + landed * LANDED_CALLS) * STORE_CALL_S,
    puts: generations * (SMALL_PUTS + LISTS) + files + landed + (ticks + nights * SWEEP_READS) * total((one) => one.pages),
    // Each landing file is read once, each data file as what the next generation is made of, and by the witness.
    gets: landed * 2 + generations + files * 2 + ticks * tickManifests + nights * SWEEP_READS * tables.length * MONTH_HOURS,
    glueCalls: generations * GLUE_CALLS + nights * tables.length,
    events: 2 * (landed + files) + generations * SMALL_PUTS,
  };
}

function workOf({ rowsPerS, objectsPerS }: TableUse, keptDays: number): TableWork {
  const generations = Math.min(objectsPerS, COMPACTIONS_OF_HOUR / HOUR_S);
  const rows = rowsPerS * COMPACTIONS_OF_HOUR;
  const replaced = (COMPACTIONS_OF_HOUR - 1) * 24 * keptDays;
  const landedKept = objectsPerS * DAY_S * keptDays;
  const pages = (objects: number): number => Math.max(1, objects / LIST_PAGE);
  return {
    generations,
    rows,
    files: Math.max(generations, rows / COMPACTION_FILE_ROWS),
    landed: objectsPerS,
    // Manifests, landing files twice, generations with a file and a receipt each.
    pages: pages(MONTH_HOURS) + 2 * pages(landedKept) + pages(2 * (MONTH_HOURS + replaced)),
  };
}

function storedPerS(tables: readonly TableUse[]): number {
  return tables.reduce((sum, { storedBytesPerS }) => sum + storedBytesPerS, 0);
}
