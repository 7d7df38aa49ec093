import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask, expectedLoss, newBudget } from '../../core/alerts/budget.ts';
import type { Outcome } from '../../core/rules/decision.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { tablesOf } from '../../lake/tables.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { LakeSql } from '../../local/sql/lake-sql.ts';
import { checkInput, HANDBOOK } from './handbook.ts';

/** Measures the budget of alerts on history: how much of the expected loss it tells, beside what hindsight would have. */
const { values } = parseArgs({
  options: {
    input: { type: 'string', default: HANDBOOK },
    days: { type: 'string', default: '42' },
    'per-day': { type: 'string', multiple: true, default: ['20', '50', '100'] },
  },
});

const DAY_MS = 86_400_000;
const PAYMENTS = join(import.meta.dirname, '..', '..', 'pipelines', 'payments');

/** One alert as the budget sees it. */
interface Asked {
  readonly day: number;
  readonly entity: string;
  readonly lossMinor: number;
  readonly nowMs: number;
}

const loaded = await loadPipeline(PAYMENTS);
const asked = await alertsOf(loaded, checkInput(values.input), Number(values.days));
// Terminals have a history of frauds after four weeks only; until then there are few alerts, and the first day has no yesterday.
const days = [...new Set(asked.map(({ day }) => day))].slice(1);
process.stdout.write(`${asked.length} alerts on ${days.length + 1} days; ${entitiesADay(asked)} entities a day\n\n`);
process.stdout.write('per day  of the loss  first come  worst day  told a day\n');
for (const text of values['per-day']) {
  const perDay = Number(text);
  const byBudget = told(asked, budgetOf(perDay));
  const byTurn = told(asked, firstCome(perDay));
  const shares = days.map((day) => share(asked, byBudget, day, perDay));
  const counts = days.map((day) => byBudget.get(day)?.size ?? 0);
  const line = [
    text.padStart(7),
    percent(total(byBudget, perDay)).padStart(11),
    percent(total(byTurn, perDay)).padStart(10),
    percent(Math.min(...shares)).padStart(9),
    `${Math.round(mean(counts))} (at most ${Math.max(...counts)})`,
  ];
  process.stdout.write(`${line.join('  ')}\n`);
}

/** Runs the shipped rules over the first days of the input, and reads the alerts in the order of their events. */
async function alertsOf(pipeline: LoadedPipeline, input: string, count: number): Promise<Asked[]> {
  const dir = await mkdtemp(join(tmpdir(), 'headrace-budget-'));
  try {
    const part = join(dir, 'part.parquet');
    const engine = new SortEngine({ scratch: dir, memoryMb: 512, threads: 1 });
    const file = `read_parquet(${quoteText(input)})`;
    await engine.rows(
      `COPY (SELECT * FROM ${file} WHERE tx_datetime < (SELECT min(tx_datetime) FROM ${file}) + INTERVAL ${count} DAY) TO ${quoteText(part)}`,
      false,
    );
    engine.rest();
    const dataDir = join(dir, 'data');
    const importFile = join(PAYMENTS, 'imports', 'handbook.sql');
    await runPipeline({ dataDir, loaded: pipeline, inputs: [part], importFile, batchSize: 100, keepOpen: false, append: false });
    const sql = await LakeSql.open({ lakeDir: join(dataDir, 'lake'), tables: tablesOf(pipeline.pipeline) });
    const { rows } = await sql.query(
      'SELECT epoch_ms(event_time), rule_id, alert_group, outcome, score, amount_minor, currency, alert_id FROM alerts ORDER BY event_time, alert_id',
    );
    await sql.close();
    return rows.map((row) => askedOf(pipeline, row));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function askedOf({ pipeline, rules }: LoadedPipeline, row: readonly unknown[]): Asked {
  const [time, ruleId, group, outcome, score, amount, currency, id] = row;
  const nowMs = Number(time);
  const field = rules.rules.find((rule) => rule.id === ruleId)?.alert.groupBy ?? '';
  const firing = {
    ...{ id: String(id), ruleId: String(ruleId), eventId: '', eventMs: nowMs, outcome: outcome as Outcome, score: Number(score) },
    ...{ amountMinor: Number(amount), currency: String(currency), coolDownMs: 0 },
  };
  if (pipeline.decision === undefined) throw new Error('the pipeline judges nothing');
  const lossMinor = expectedLoss(firing, { perDay: 1, currency: 'EUR' }, pipeline.decision) ?? 0;
  return { day: Math.floor(nowMs / DAY_MS), entity: `${field}=${String(group)}`, lossMinor, nowMs };
}

/** Entities of each day for which a case was granted. */
function told(all: readonly Asked[], grants: (one: Asked) => boolean): Map<number, Set<string>> {
  const byDay = new Map<number, Set<string>>();
  for (const one of all) if (grants(one)) byDay.set(one.day, (byDay.get(one.day) ?? new Set()).add(one.entity));
  return byDay;
}

function budgetOf(perDay: number): (one: Asked) => boolean {
  let state = newBudget(asked[0]?.nowMs ?? 0);
  return (one) => {
    const answer = ask(state, one, perDay);
    state = answer.state;
    return answer.isGranted;
  };
}

function firstCome(perDay: number): (one: Asked) => boolean {
  const seen = new Map<number, Set<string>>();
  return ({ day, entity }) => {
    const today = seen.get(day) ?? new Set();
    seen.set(day, today);
    if (today.size < perDay) today.add(entity);
    return today.has(entity);
  };
}

/** Greatest expected loss of each entity on a day: what a case of it is worth. */
function worthOf(all: readonly Asked[], day: number): Map<string, number> {
  const worth = new Map<string, number>();
  for (const one of all) if (one.day === day) worth.set(one.entity, Math.max(worth.get(one.entity) ?? 0, one.lossMinor));
  return worth;
}

function sumsOf(all: readonly Asked[], byDay: ReadonlyMap<number, ReadonlySet<string>>, day: number, perDay: number): [number, number] {
  const worth = worthOf(all, day);
  const best = [...worth.values()].sort((a, b) => b - a).slice(0, perDay);
  const got = [...(byDay.get(day) ?? [])].map((entity) => worth.get(entity) ?? 0);
  return [sum(got), sum(best)];
}

function share(all: readonly Asked[], byDay: ReadonlyMap<number, ReadonlySet<string>>, day: number, perDay: number): number {
  const [got, best] = sumsOf(all, byDay, day, perDay);
  return best === 0 ? 1 : got / best;
}

function total(byDay: ReadonlyMap<number, ReadonlySet<string>>, perDay: number): number {
  const sums = days.map((day) => sumsOf(asked, byDay, day, perDay));
  return sum(sums.map(([got]) => got)) / sum(sums.map(([, best]) => best));
}

function entitiesADay(all: readonly Asked[]): number {
  return Math.round(mean(days.map((day) => worthOf(all, day).size)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : sum(numbers) / numbers.length;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
