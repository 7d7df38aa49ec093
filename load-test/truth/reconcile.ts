import { KIND } from '../generate/kinds.ts';
import { sqlTime } from '../measure/queryable.ts';
import type { LakeQuery } from '../run/target.ts';
import { type Tally, totalOf } from '../send/tally.ts';

/** The bins that the pipeline put the events of a run into. */
export interface Lanes {
  readonly accepted: number;
  readonly late: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/** One comparison of the truth ledger with the lake; between `expected` and `expected + more` is right. */
export interface Check {
  readonly what: string;
  readonly expected: number;
  /** Copies that calls with lost answers may have left on top. */
  readonly more: number;
  readonly found: number;
}

/** What became of a run, as the lake tells it. */
export interface Reconciliation {
  readonly lanes: Lanes;
  readonly checks: readonly Check[];
  /** Events that the stream took and the lake has nowhere. */
  readonly lost: number;
  /** Checks that do not hold, each in a line. */
  readonly differences: readonly string[];
}

/** Which run, and what its producers say was taken. */
export interface Truth {
  readonly run: string;
  readonly startMs: number;
  readonly tally: Tally;
  /** In a replay nobody knows beforehand what will be late, or over a limit. */
  readonly isReplay: boolean;
  /** How far back late events lie, ms. */
  readonly lateByMs: number;
}

/** Table hours may begin before the first event. */
const HOUR_MS = 3_600_000;

/** Events of a run by the bin they went to. Every record of a run has the run's name in its partition key. */
export async function lanesOf(lake: LakeQuery, { run, startMs }: Pick<Truth, 'run' | 'startMs'>): Promise<Lanes> {
  const { rows } = await lake.query(`
    SELECT lane, count(*) FROM archive
    WHERE kind = 'record' AND arrival_time >= ${sqlTime(startMs - HOUR_MS)} AND partition_key LIKE '${run}-%' GROUP BY lane`);
  const count = new Map(rows.map(([lane, n]) => [String(lane), Number(n)]));
  const of = (lane: keyof Lanes): number => count.get(lane) ?? 0;
  return { accepted: of('accepted'), late: of('late'), duplicate: of('duplicate'), quarantined: of('quarantined') };
}

/** Compares the truth ledger of a run with the lake's bins, rows, decisions and alerts. */
export async function reconcile(lake: LakeQuery, truth: Truth): Promise<Reconciliation> {
  const lanes = await lanesOf(lake, truth);
  const checks = [...laneChecks(lanes, truth), ...(await rowChecks(lake, truth, lanes))];
  const arrived = lanes.accepted + lanes.late + lanes.duplicate + lanes.quarantined;
  return {
    ...{ lanes, checks, lost: Math.max(0, totalOf(truth.tally.sent) - arrived) },
    differences: checks
      .filter((check) => !holds(check))
      .map(({ what, expected, more, found }) => {
        return `${what}: expected ${more === 0 ? expected : `${expected} to ${expected + more}`}, the lake has ${found}`;
      }),
  };
}

/** Whether what was found is what was expected. */
export function holds({ expected, more, found }: Check): boolean {
  return found >= expected && found <= expected + more;
}

function laneChecks(lanes: Lanes, { tally, isReplay }: Truth): Check[] {
  const sent = (kind: keyof typeof KIND): number => tally.sent[KIND[kind]] ?? 0;
  const twice = totalOf(tally.uncertain);
  const accepted = sent('transaction') + sent('label');
  const valid: Check[] = isReplay
    ? [{ what: 'accepted or late', expected: accepted, more: 0, found: lanes.accepted + lanes.late }]
    : [
        { what: 'accepted', expected: accepted, more: 0, found: lanes.accepted },
        { what: 'late', expected: sent('late'), more: 0, found: lanes.late },
      ];
  return [
    ...valid,
    { what: 'duplicate', expected: sent('duplicate'), more: twice, found: lanes.duplicate },
    { what: 'quarantined', expected: sent('malformed'), more: tally.uncertain[KIND.malformed] ?? 0, found: lanes.quarantined },
  ];
}

async function rowChecks(lake: LakeQuery, truth: Truth, lanes: Lanes): Promise<Check[]> {
  const { run, startMs, lateByMs, tally } = truth;
  const since = `event_time >= ${sqlTime(startMs - lateByMs - HOUR_MS)} AND customer_id LIKE '${run}-%'`;
  const count = async (sql: string): Promise<number> => Number((await lake.query(sql)).rows[0]?.[0] ?? 0);
  const transactions = await count(`SELECT count(*) FROM transactions WHERE ${since}`);
  const labels = await count(`SELECT count(*) FROM labels WHERE ${since}`);
  const decisions = await count(`SELECT count(*) FROM decisions WHERE ${since}`);
  const fired = await count(`SELECT sum(cardinality(rules_fired)) FROM decisions WHERE outcome <> 'approve' AND ${since}`);
  const alerts = await count(`SELECT count(*) FROM alerts WHERE ${since}`);
  const overLimit = await count(`SELECT count(*) FROM alerts WHERE rule_id = 'amount-over-limit' AND ${since}`);
  const exact = (what: string, expected: number, found: number): Check => ({ what, expected, more: 0, found });
  return [
    exact('rows of transactions and labels', lanes.accepted + lanes.late, transactions + labels),
    exact('decisions on transactions', transactions, decisions),
    exact('alerts for rules that fired', fired, alerts),
    ...(truth.isReplay ? [] : [exact('alerts for payments over 220 euro', tally.overLimit, overLimit)]),
  ];
}
