import { globSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { usageError } from '../../core/errors.ts';
import { makeTables, readColumns } from './features-data.ts';
import { fedFeatures, replayFeatures } from './features-replay.ts';
import { FEATURES_SQL } from './features-sql.ts';
import { HANDBOOK } from './handbook.ts';

/**
 * Measures what the features of 12 weeks cost: computed by the code of back-tests, and by window functions of DuckDB over tables in memory. Figures
 * are shown only if all values are the same.
 */
const { values } = parseArgs({
  options: {
    input: { type: 'string', default: HANDBOOK },
    'history-from': { type: 'string', default: '2018-04-01' },
    from: { type: 'string', default: '2018-05-09' },
    to: { type: 'string', default: '2018-08-01' },
    reps: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

/** The week that is kept for tests of quality. */
const TEST_WEEK = '2018-08-08';
const THREADS = [1, 2];
/** What doubles lose: sums in another order. */
const TOLERANCE = 1e-9;

interface Cost {
  readonly cpuS: number;
  readonly wallS: number;
}

if (globSync(values.input).length === 0)
  process.stdout.write('skipped: the files of the fraud detection handbook are not there; name them with --input GLOB\n');
else await main();

async function main(): Promise<void> {
  if (values.to > TEST_WEEK)
    throw usageError('--to', values.to, `at most ${TEST_WEEK}: the week from there on is kept for tests of quality`);
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  await makeTables(db, values.input, { historyFrom: values['history-from'], from: values.from, to: values.to });
  const columns = await readColumns(db);
  const judged = columns.judgedAt.filter((at) => at >= 0).length;
  if (judged === 0) throw usageError('range', `${values.from} to ${values.to}`, 'days with transactions');
  const costs = new Map<string, Cost[]>();
  for (let rep = 0; rep < Number(values.reps); rep += 1)
    for (const threads of THREADS) {
      const mine = new Map<string, Float64Array>();
      const ways: Readonly<Record<string, () => Promise<void>>> = {
        replay: async () => {
          for (const [name, all] of await replayFeatures(columns, judged, threads)) mine.set(name, all);
        },
        duckdb: () => queryFeatures(db, threads),
      };
      for (const [name, run] of Object.entries(ways)) {
        const key = `${name}_${threads}`;
        costs.set(key, [...(costs.get(key) ?? []), await costOf(run)]);
      }
      await checkEqual(db, mine, judged);
    }
  const figures = {
    ...{ from: values.from, to: values.to, events: columns.length, judged, features: fedFeatures(), reps: Number(values.reps) },
    costs: Object.fromEntries([...costs].map(([key, all]) => [key, summaryOf(all, columns.length)])),
    machine: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}`,
  };
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : textOf(figures));
}

async function queryFeatures(db: DuckDBConnection, threads: number): Promise<void> {
  await db.run(`SET threads = ${threads}`);
  await db.run(`CREATE OR REPLACE TABLE answer AS ${FEATURES_SQL}`);
}

/** Every value of every judged transaction is the same, or nothing is said of costs. */
async function checkEqual(db: DuckDBConnection, mine: ReadonlyMap<string, Float64Array>, judged: number): Promise<void> {
  for (const [name, all] of mine) {
    const [theirs = []] = (await db.runAndReadAll(`SELECT ${name}::DOUBLE FROM answer ORDER BY judged_at`)).getColumnsJS();
    if (theirs.length !== judged) throw new Error(`DuckDB answers for ${theirs.length} of ${judged} transactions`);
    for (let i = 0; i < judged; i += 1) {
      const [a, b] = [all[i] ?? Number.NaN, typeof theirs[i] === 'number' ? Number(theirs[i]) : Number.NaN];
      const isEqual = Number.isNaN(a) ? Number.isNaN(b) : Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
      if (!isEqual) throw new Error(`${name} of judged transaction ${i}: the replay gives ${a}, DuckDB ${b}`);
    }
  }
}

/** CPU of the whole process, all its threads. */
async function costOf(run: () => Promise<void>): Promise<Cost> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuS: (user + system) / 1e6, wallS: (performance.now() - started) / 1e3 };
}

interface Summary {
  readonly cpu_s: readonly [median: number, least: number, most: number];
  readonly wall_s: readonly [median: number, least: number, most: number];
  readonly cpu_us_per_event: number;
}

function summaryOf(costs: readonly Cost[], events: number): Summary {
  const spread = (all: readonly number[]): readonly [number, number, number] => {
    const sorted = all.toSorted((a, b) => a - b);
    return [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)].map((one) => rounded(one ?? Number.NaN)) as [
      number,
      number,
      number,
    ];
  };
  const cpu = spread(costs.map(({ cpuS }) => cpuS));
  return { cpu_s: cpu, wall_s: spread(costs.map(({ wallS }) => wallS)), cpu_us_per_event: rounded((cpu[0] * 1e6) / events) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Figures {
  readonly events: number;
  readonly judged: number;
  readonly features: readonly string[];
  readonly costs: Readonly<Record<string, Summary>>;
  readonly machine: string;
}

function textOf({ events, judged, features, costs, machine }: Figures): string {
  const lines = Object.entries(costs).map(([name, { cpu_s, wall_s, cpu_us_per_event }]) => {
    const shown = ([median, least, most]: Summary['cpu_s']): string => `${median} (${least} to ${most})`.padEnd(26);
    return `${name.padEnd(12)}${shown(cpu_s)}${shown(wall_s)}${cpu_us_per_event}`;
  });
  return [
    `${events} events, ${judged} transactions judged, ${features.length} features, equal on both ways`,
    `${'threads'.padEnd(12)}${'CPU, s'.padEnd(26)}${'wall, s'.padEnd(26)}CPU, us an event`,
    ...lines,
    `${machine}\n`,
  ].join('\n');
}
