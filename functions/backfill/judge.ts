import type { KeyTiles, Tile } from '../../core/profiles/tiles.ts';
import { contestedKeys, type Rejudged, type ReplayUnit, replayUnits, SliceJudge } from '../../core/replay/judge.ts';
import { byOrigin, isLoad } from '../../core/replay/origin.ts';
import type { ArchivedRecord } from '../../core/replay/record.ts';
import type { RuleSet } from '../../core/rules/compile.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { WHAT_IF_TABLE } from '../../lake/tables.ts';
import { BackfillError } from './errors.ts';
import { inScope } from './fold.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { Contexts, filesSql, readSlice, sliceNames } from './slices.ts';
import { RowFiles, withEngine, writeFaults } from './step-tools.ts';
import { TILE_COLUMNS } from './tile-rows.ts';
import { padded, type Work } from './work.ts';

/** Keys that are looked up in one query. */
const KEYS_MAX = 5_000;

/** Judges the events of one slice of keys again: the decisions and alerts of the hours that are compared. */
export async function judgeSlice(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const plan = await work.plan();
  await withEngine(ports, `judge-${work.id}-${at}`, async (engine, scratch) => {
    const units = await readUnits(ports, work, { engine, at });
    const tiles = await readTiles(ports, work, engine, units);
    const rows = new RowFiles(plan, ports.tables, scratch);
    const contested: string[] = [];
    for (const [origin, own] of byOrigin(units, ({ record }) => record.shardId)) {
      const unclear = contestedKeys(own);
      contested.push(...unclear);
      const tilesOf: TilesOf = (ring, key) => tiles.get(tileName(origin, ring, key));
      for (const rulesVersion of judgementsOf(plan)) {
        const judge = await judgeOf(ports, own, { origin, rulesVersion, tilesOf, contested: unclear });
        const judged = judge.judge(own, ({ record }) => isWarm(plan, record));
        for (const batch of judged) addRows(ports, plan, { batch, rows, isWhatIf: rulesVersion !== undefined });
        await writeFaults(work, `judge-${padded(at)}-${origin}-${rulesVersion ?? 'recorded'}`, judge.faults);
      }
    }
    await rows.store(engine, work, `judge-${padded(at)}.parquet`);
    await work.write(`contested/${padded(at)}.json`, contested);
  });
}

type TilesOf = (ring: string, key: string) => KeyTiles | undefined;

/** Versions of the rules to judge by; undefined for those that are on record. */
function judgementsOf({ tables, request }: BackfillPlan): (string | undefined)[] {
  const isRecorded = tables.includes('decisions') || tables.includes('alerts');
  return [...(isRecorded ? [undefined] : []), ...(request.rulesVersion === undefined ? [] : [request.rulesVersion])];
}

interface OriginJudge {
  readonly origin: string;
  readonly rulesVersion: string | undefined;
  readonly tilesOf: TilesOf;
  readonly contested: ReadonlySet<string>;
}

/** Judges events of one origin. About those of a load nothing was decided: without another version of the rules only their lanes come out. */
async function judgeOf(
  ports: BackfillPorts,
  units: readonly ReplayUnit[],
  { origin, rulesVersion, tilesOf, contested }: OriginJudge,
): Promise<SliceJudge> {
  const isUndecided = isLoad(origin) && rulesVersion === undefined;
  const plan = isUndecided ? { ...ports.plan, pipeline: { ...ports.plan.pipeline, decision: undefined } } : ports.plan;
  return new SliceJudge({
    plan,
    rulesOf: await ruleSets({ ...ports, plan }, units, rulesVersion),
    ...(rulesVersion === undefined ? {} : { rulesVersion }),
    tilesOf,
    contested,
  });
}

async function readUnits(
  ports: BackfillPorts,
  work: Work,
  { engine, at }: { readonly engine: SortEngine; readonly at: number },
): Promise<ReplayUnit[]> {
  const contexts = await Contexts.read(work, engine);
  return work.withFiles(await sliceNames(work, at), async (paths) => {
    const records: ArchivedRecord[] = [];
    for await (const part of readSlice(engine, contexts, paths)) records.push(...part);
    return replayUnits(ports.plan, records);
  });
}

/** Once the history that duplicates go by has been read, lanes must be as recorded. */
function isWarm(plan: BackfillPlan, { watermarkMs }: ArchivedRecord): boolean {
  return watermarkMs !== null && watermarkMs >= plan.scope.fromMs;
}

const tileName = (origin: string, ring: string, key: string): string => `${origin}\n${ring}\n${key}`;

/** Closed tiles of all keys that the events of a slice name. */
async function readTiles(
  { plan }: BackfillPorts,
  work: Work,
  engine: SortEngine,
  units: readonly ReplayUnit[],
): Promise<Map<string, KeyTiles>> {
  const tiles = new Map<string, [number, Tile][]>();
  const names = plan.tileFeatures.rings.length === 0 ? [] : await work.names('tiles/');
  if (names.length === 0) return tiles;
  await work.withFiles(names, async (paths) => {
    const source = filesSql(paths, TILE_COLUMNS);
    for (const ring of plan.tileFeatures.rings) {
      const keys = new Set(units.flatMap(({ event }) => (event.values[ring.by] === undefined ? [] : [String(event.values[ring.by])])));
      for (const some of chunks([...keys], KEYS_MAX)) {
        const wanted = `name = ${quoteText(ring.ringId)} AND group_key IN (${some.map(quoteText).join(', ')})`;
        const sql = `SELECT origin, name, group_key, start_ms, accumulator FROM ${source} WHERE ${wanted} ORDER BY start_ms`;
        for await (const part of engine.parts(sql)) {
          for (const [origin, id, key, startMs, tile] of part) {
            const name = tileName(String(origin), String(id), String(key));
            const list = tiles.get(name) ?? [];
            list.push([Number(startMs), JSON.parse(String(tile)) as Tile]);
            tiles.set(name, list);
          }
        }
      }
    }
  });
  return tiles;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}

/** Every rule set that the events were judged by. Throws BackfillError RULES_UNKNOWN. */
async function ruleSets(
  ports: BackfillPorts,
  units: readonly ReplayUnit[],
  only: string | undefined,
): Promise<(version: string) => RuleSet> {
  const sets = new Map<string, RuleSet>();
  if (ports.plan.pipeline.decision !== undefined) {
    const recorded = new Set(units.flatMap(({ record }) => record.context?.ruleSet ?? []));
    for (const version of only === undefined ? recorded : [only]) {
      const set = await ports.rulesOf(version);
      if (set === undefined)
        throw new BackfillError(
          'RULES_UNKNOWN',
          `rule set ${version} is not in the state store${only === undefined ? ', though events were judged by it' : ''}; name one that is, or leave decisions and alerts out with --tables`,
        );
      sets.set(version, set);
    }
  }
  return (version) => {
    const set = sets.get(version);
    if (set === undefined) throw new Error(`rule set ${version} was not loaded`);
    return set;
  };
}

interface JudgedRows {
  readonly batch: Rejudged;
  readonly rows: RowFiles;
  readonly isWhatIf: boolean;
}

function addRows(ports: BackfillPorts, plan: BackfillPlan, { batch, rows, isWhatIf }: JudgedRows): void {
  const { shardId, context, verdicts } = batch;
  for (const made of ports.rows.batchRows({ shardId, context, isContextNew: false, isArchived: true, verdicts })) {
    if (made.table !== 'decisions' && (made.table !== 'alerts' || isWhatIf)) continue;
    const table = isWhatIf ? WHAT_IF_TABLE : made.table;
    rows.add(table, made.rows.filter(inScope(ports, plan, table)));
  }
}
