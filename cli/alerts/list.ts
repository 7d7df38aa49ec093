import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { LakeQueries } from '../../local/sql/format.ts';

/** One alert and what became of it. */
export interface ShownAlert {
  readonly event_time: string;
  readonly alert_id: string;
  readonly rule_id: string;
  /** Value that the rule groups by. */
  readonly entity: string;
  readonly outcome: string;
  readonly score: number | null;
  /** With its currency; null where the pipeline names no amount. */
  readonly amount: string | null;
  /** told, folded, snoozed or over_budget; null: not delivered, or not yet. */
  readonly delivery: string | null;
  readonly case_id: string | null;
}

/** Alerts of some time, the newest first, and how many of them met which fate. */
export interface AlertList {
  readonly fates: readonly { readonly delivery: string | null; readonly alerts: number }[];
  readonly alerts: readonly ShownAlert[];
}

/** Reads alerts whose events happened at `sinceMs` (epoch ms) or later, with what the table of deliveries says of them. */
export async function listAlerts(
  sql: Pick<LakeQueries, 'query'>,
  pipeline: Pipeline,
  { sinceMs, limit }: { readonly sinceMs: number | undefined; readonly limit: number },
): Promise<AlertList> {
  const from = `FROM alerts a LEFT JOIN alert_deliveries d ON d.alert_id = a.alert_id AND d.event_time = a.event_time ${since(sinceMs)}`;
  const amount = amountSql(pipeline);
  const counts = await sql.query(`SELECT d.delivery, count(*) AS alerts ${from} GROUP BY d.delivery ORDER BY 2 DESC, 1`);
  const { rows } = await sql.query(`
    SELECT CAST(a.event_time AS VARCHAR) AS at, a.alert_id, a.rule_id, a.alert_group, a.outcome, a.score, ${amount} AS amount, d.delivery, d.case_id
    ${from} ORDER BY a.event_time DESC, a.alert_id LIMIT ${limit}`);
  return {
    fates: counts.rows.map(([delivery, alerts]) => ({ delivery: textOf(delivery), alerts: Number(alerts) })),
    alerts: rows.map(([at, id, rule, entity, outcome, score, money, delivery, caseId]) => ({
      event_time: new Date(`${String(at).replace(' ', 'T')}Z`).toISOString(),
      alert_id: String(id),
      rule_id: String(rule),
      entity: String(entity),
      outcome: String(outcome),
      score: score === null || score === undefined ? null : Number(score),
      amount: textOf(money),
      delivery: textOf(delivery),
      case_id: textOf(caseId),
    })),
  };
}

/** Partitions are days of event time, which the second condition narrows. */
function since(ms: number | undefined): string {
  if (ms === undefined) return '';
  const time = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  return `WHERE a.event_time >= TIMESTAMP '${time}' AND a.dt >= '${time.slice(0, 10)}'`;
}

function amountSql({ alerts, decision, eventTypes }: Pipeline): string {
  const spec = alerts?.amount === undefined ? undefined : eventTypes[decision?.over ?? '']?.fields[alerts.amount];
  if (alerts?.amount === undefined || spec?.kind !== 'money') return 'CAST(NULL AS VARCHAR)';
  return `CAST(a."${alerts.amount}" AS VARCHAR) || ' ' || a."${spec.currencyField}"`;
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
