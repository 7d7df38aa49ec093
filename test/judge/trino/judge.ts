import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { changeRules } from '../../../lake/rules/change.ts';
import { versionOf } from '../../../lake/rules/sets.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { compactFolder } from '../../../local/compaction/compactor.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { type LoadedPipeline, loadPipeline } from '../../../local/pipeline.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';
import { runPipeline } from '../../../local/runtime/run.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { addHour, declareLake, dropHour, type Place, publishedPlaces, SHOWN, swapHour } from './catalogue.ts';
import type { TrinoClient, TrinoStats } from './client.ts';
import { type Answer, differencesOf, localAnswer, type Statement, trinoAnswer } from './compare.ts';
import { secondHalfMs, writeTown } from './payments.ts';
import { FUNCTION_STATEMENTS, featureStatements, namedStatements, UNLIKE_STATEMENTS, viewStatements } from './statements.ts';

/** What the judge found. */
export interface Verdict {
  /** Named queries. */
  readonly queries: number;
  /** Statements with equal answers, and others, before and after the swaps together. */
  readonly equal: number;
  readonly different: number;
  /** Hours that were pointed at a generation. */
  readonly swaps: number;
  /** Planted differences, and those of them that were seen. */
  readonly planted: number;
  readonly seen: number;
  /** What is wrong, in words. */
  readonly faults: readonly string[];
  /** What each named query read, before and after. */
  readonly reads: readonly { readonly name: string; readonly rows: number; readonly landed: TrinoStats; readonly swapped: TrinoStats }[];
}

/** Dials of the lake that is judged. */
export interface JudgeOptions {
  readonly seed: number;
  readonly days: number;
  readonly payments: number;
  readonly say: (text: string) => void;
}

const BATCH_SIZE = 1_000;
const DAY_MS = 86_400_000;
/** Every so many hours stay at their landing files, so that both kinds stand side by side. */
const KEPT_EVERY = 7;
const REPEATED_FILES = 3;

/** Runs a statement and tells what it read from files; for measuring, too. */
export async function trinoStats(client: TrinoClient, sql: string): Promise<TrinoStats & { readonly answer: Answer }> {
  const answer = await client.query(sql, SHOWN);
  return { ...(await client.stats(answer.queryId)), answer: trinoAnswer(answer) };
}

/** Makes a lake by the pipeline itself, asks both engines everything, swaps hours for their generations, and asks again. */
export async function judge(client: TrinoClient, folder: string, options: JudgeOptions): Promise<Verdict> {
  const loaded = await loadPipeline('pipelines/payments');
  const lakeDir = await makeLake(loaded, folder, options);
  const tables = tablesOf(loaded.pipeline);
  const places = await declareLake(client, lakeDir, tables);
  options.say(`Trino knows ${tables.length} tables, ${places.length} hours.`);
  const sql = await LakeSql.open({ lakeDir, tables });
  try {
    const bench = new Bench(client, sql, options.say);
    const named = namedStatements(tables);
    const others = [...viewStatements(tables), ...FUNCTION_STATEMENTS, ...featureStatements(loaded.pipeline)];
    const landed = await bench.compareAll([...named, ...others], 'landed');
    const empty = named.filter(({ name }) => landed.get(name)?.rows === 0).map(({ name }) => `${name}: no rows, so nothing was compared`);
    const seen = await plantedSeen(bench, lakeDir, places);
    const swapped = await swapHours(client, lakeDir, await compactAll(lakeDir, loaded));
    options.say(`${swapped} of ${places.length} hours swapped for their generations.`);
    const after = await bench.compareAll([...named, ...others], 'swapped', landed);
    const reads = named.flatMap(({ name }) => {
      const [before, now] = [landed.get(name), after.get(name)];
      return before === undefined || now === undefined ? [] : [{ name, rows: before.rows, landed: before.stats, swapped: now.stats }];
    });
    const planted = UNLIKE_STATEMENTS.length + 1;
    return {
      queries: named.length,
      equal: bench.equal,
      different: bench.different,
      swaps: swapped,
      planted,
      seen,
      faults: [...empty, ...bench.faults],
      reads,
    };
  } finally {
    await sql.close();
  }
}

interface Asked {
  readonly rows: number;
  readonly stats: TrinoStats;
  readonly answer: Answer;
}

/** Asks both engines and keeps the score. */
class Bench {
  equal = 0;
  different = 0;
  readonly faults: string[] = [];
  readonly client: TrinoClient;
  private readonly sql: LakeSql;
  private readonly say: (text: string) => void;

  constructor(client: TrinoClient, sql: LakeSql, say: (text: string) => void) {
    this.client = client;
    this.sql = sql;
    this.say = say;
  }

  /** Compares all statements; with `earlier`, Trino's answers also with those it gave then. */
  async compareAll(statements: readonly Statement[], when: string, earlier?: ReadonlyMap<string, Asked>): Promise<Map<string, Asked>> {
    const asked = new Map<string, Asked>();
    for (const statement of statements) {
      const { differences, trino } = await this.compare(statement);
      const before = earlier?.get(statement.name);
      if (trino !== undefined) asked.set(statement.name, trino);
      if (trino !== undefined && before !== undefined)
        differences.push(...differencesOf(statement, before.answer, trino.answer).map((one) => `before the swap against after: ${one}`));
      if (differences.length === 0) this.equal += 1;
      else this.different += 1;
      for (const one of differences) this.faults.push(`${statement.name} (${when}): ${one}`);
      for (const one of differences) this.say(`DIFFERENT ${statement.name} (${when}): ${one}`);
    }
    return asked;
  }

  /** What differs between the engines: Trino's side first. An engine that refuses the text differs. */
  async compare(statement: Statement): Promise<{ readonly differences: string[]; readonly trino: Asked | undefined }> {
    try {
      const { answer, ...stats } = await trinoStats(this.client, statement.sql);
      const local = localAnswer(await this.sql.query(statement.sql));
      return { differences: differencesOf(statement, answer, local), trino: { rows: answer.rows.length, stats, answer } };
    } catch (error) {
      return { differences: [error instanceof Error ? error.message : String(error)], trino: undefined };
    }
  }
}

/** Plants differences and counts those that show: texts that the engines answer unlike, and an hour that one of them does not have. */
async function plantedSeen(bench: Bench, lakeDir: string, places: readonly Place[]): Promise<number> {
  let seen = 0;
  for (const statement of UNLIKE_STATEMENTS) {
    const { differences, trino } = await bench.compare(statement);
    if (trino !== undefined && differences.length > 0) seen += 1;
    else bench.faults.push(`planted difference not seen: ${statement.name}: ${differences.join('; ')}`);
  }
  const hour = places.find(({ table }) => table === 'transactions');
  if (hour === undefined) throw new Error('the lake has no transactions');
  await dropHour(bench.client, hour);
  const { differences } = await bench.compare({
    name: 'lost hour',
    sql: 'SELECT count(*) AS n FROM transactions',
    isOrdered: true,
    estimates: [],
  });
  await addHour(bench.client, lakeDir, hour);
  if (differences.length === 0) bench.faults.push('planted difference not seen: an hour that one engine does not have');
  return seen + (differences.length > 0 ? 1 : 0);
}

/** A lake of two runs, with a few hours landed twice, as delivery at least once may leave them. */
async function makeLake(loaded: LoadedPipeline, folder: string, { seed, days, payments, say }: JudgeOptions): Promise<string> {
  const dataDir = join(folder, 'data');
  const objects = new FolderObjectStore(dataFolder(dataDir).lake);
  for (const [half, input] of writeTown(folder, { seed, days, payments }).entries()) {
    if (half > 0) await tryStricter(objects, loaded, secondHalfMs(days));
    const { report, differences } = await runPipeline({
      dataDir,
      loaded,
      inputs: [input],
      batchSize: BATCH_SIZE,
      keepOpen: false,
      append: true,
    });
    if (differences.length > 0) throw new Error(`the lake does not balance: ${differences.join('; ')}`);
    const { seen, accepted, late, duplicate, quarantined } = report;
    say(`The lake has ${seen} events: ${accepted} accepted, ${late} late, ${duplicate} repeats, ${quarantined} bad.`);
  }
  const lakeDir = dataFolder(dataDir).lake;
  for (const { name } of tablesOf(loaded.pipeline)) repeatHours(join(lakeDir, name, 'landing'));
  return lakeDir;
}

/** Has other rules on trial from a time on, so that the queries about trials have something to answer. */
async function tryStricter(objects: FolderObjectStore, { pipeline, rules }: LoadedPipeline, fromMs: number): Promise<void> {
  const stricter = rules.rules.map((rule) => ({ ...rule, version: rule.version + 1, points: rule.points + 2 }));
  const source = { rules: stricter, lists: rules.lists };
  const clock = (): number => fromMs - pipeline.time.futureMs - DAY_MS;
  const wanted = { kind: 'trial', source: 'command', by: 'the judge', why: 'what if all rules counted more' } as const;
  await changeRules({ objects, pipeline, clock }, { ...wanted, rules: { ...source, version: versionOf(source) } });
}

function repeatHours(landing: string): void {
  // A table that nothing has landed in, such as the one of what-if decisions.
  if (!existsSync(landing)) return;
  const files = readdirSync(landing, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'));
  for (const file of files.sort().slice(0, REPEATED_FILES))
    copyFileSync(join(landing, file), join(landing, dirname(file), `again-${basename(file)}`));
}

/** Compacts the whole lake as `headrace compact` does; the hours it published, at their generations. */
async function compactAll(lakeDir: string, { pipeline }: LoadedPipeline): Promise<Place[]> {
  const keptMs = pipeline.lake.generationsDays * DAY_MS;
  const { compacted, failed } = await compactFolder({ lakeDir, tables: tablesOf(pipeline), policy: NOW_POLICY, keptMs });
  if (failed.length > 0) throw new Error(`compaction: ${failed.map(({ message }) => message).join('; ')}`);
  return publishedPlaces(compacted);
}

async function swapHours(client: TrinoClient, lakeDir: string, published: readonly Place[]): Promise<number> {
  const chosen = published.filter((_, i) => i % KEPT_EVERY !== 0);
  for (const place of chosen) await swapHour(client, lakeDir, place);
  return chosen.length;
}
