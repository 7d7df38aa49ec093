import { userInfo } from 'node:os';
import type { Snooze } from '../../core/alerts/snooze.ts';
import { usageError } from '../../core/errors.ts';
import { addSnooze, endSnooze, readSnoozes } from '../../lake/snoozes.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { endOf, entityOf } from '../alerts/entity.ts';
import { type AlertList, listAlerts } from '../alerts/list.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Arguments, type Flags, readFlags } from '../flags.ts';
import { columnsText, thingsText, writeOut } from '../output.ts';
import { withLake } from '../source/lake-place.ts';
import { withSource } from '../source/source.ts';
import { timeOf } from '../times.ts';

const FLAGS = {
  since: { kind: 'text', value: 'TIME', help: 'list: alerts of events from then on' },
  limit: { kind: 'whole', value: 'N', min: 1, max: 1_000_000, fallback: 50, help: 'list: alerts to show, the newest first' },
  until: { kind: 'text', value: 'TIME', help: 'snooze: its end, a time or 8h or 3d from now, at most 90 days' },
  why: { kind: 'text', value: 'TEXT', help: 'snooze: the reason' },
  by: { kind: 'text', value: 'NAME', help: 'who says so (default: your user name)' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

type Given = Arguments<typeof FLAGS>['flags'];

const SUMMARY = 'Lists alerts with what became of each; snoozes and wakes entities.';

/** `headrace alerts list|snooze|snoozed|wake`: what was told of alerts, and what is not to be told for a while. */
export const command: Command = {
  name: 'alerts',
  summary: SUMMARY,
  help: helpText({
    usage: 'alerts [list] [flags] | snooze ENTITY --until TIME --why TEXT [flags] | snoozed [flags] | wake ENTITY [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'ENTITY is FIELD=VALUE as rules group by it, or a value of the key field alone. A running pipeline heeds a snooze within ten seconds.',
      'What is snoozed is in the table alerts as ever, and is told as a list when the snooze ends. A higher outcome than the entity had so far,',
      'or twice the points, is told all the same.',
    ],
    examples: [
      ['alerts', 'the newest alerts, and what became of them'],
      ['alerts snooze ada --until 3d --why "known good, case 17"', 'hold back alerts of one customer'],
      ['alerts snooze terminal_id=t7 --until 2026-11-28T08:00Z --why "being replaced" --stack headrace-dev', 'of a terminal, on a stack'],
      ['alerts snoozed', 'what is snoozed, by whom, why and until when'],
      ['alerts wake ada', 'end a snooze now'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    const [action = 'list', subject, extra] = positionals;
    if (extra !== undefined) throw usageError('unexpected argument', extra, 'one entity');
    const loaded = await loadPipeline(flags.pipeline);
    if (action === 'snooze') return snooze(subject, flags, loaded);
    if (action === 'wake') return wake(subject, flags, loaded);
    if (action !== 'list' && action !== 'snoozed') throw usageError('alerts', action, 'list, snooze, snoozed, wake');
    if (subject !== undefined) throw usageError('unexpected argument', subject, 'only flags');
    return action === 'list' ? list(flags, loaded) : snoozed(flags, loaded);
  },
};

async function list(flags: Given, loaded: LoadedPipeline): Promise<number> {
  const sinceMs = flags.since === undefined ? undefined : timeOf('--since', flags.since);
  // Says of a pipeline that judges nothing that it has no alerts.
  entityOf('', loaded.pipeline);
  const found = await withSource(flags, loaded, async (source) =>
    listAlerts(await source.lake(), loaded.pipeline, { sinceMs, limit: flags.limit }),
  );
  writeOut(flags.json ? `${JSON.stringify(found)}\n` : listText(found));
  return 0;
}

async function snooze(subject: string | undefined, flags: Given, { pipeline }: LoadedPipeline): Promise<number> {
  const { until, why, by } = flags;
  const entity = entityOf(subject, pipeline);
  if (until === undefined) throw usageError('--until', 'nothing', 'the end of the snooze: a snooze without end is never looked at again');
  if (why === undefined) throw usageError('--why', 'nothing', 'the reason, for whoever wonders');
  const nowMs = Date.now();
  const one: Snooze = { ...entity, fromMs: nowMs, untilMs: endOf('--until', until, nowMs), by: by ?? userInfo().username, why };
  await withLake(flags, pipeline.name, ({ objects }) => addSnooze(objects, one));
  const text = `Alerts of ${nameOf(one)} are held back until ${timeText(one.untilMs)}; what is much worse than before is told all the same.\n`;
  writeOut(flags.json ? `${JSON.stringify(asJson(one))}\n` : text);
  return 0;
}

async function wake(subject: string | undefined, flags: Given, { pipeline }: LoadedPipeline): Promise<number> {
  const entity = entityOf(subject, pipeline);
  const by = flags.by ?? userInfo().username;
  await withLake(flags, pipeline.name, ({ objects }) => endSnooze(objects, { ...entity, by, nowMs: Date.now() }));
  const text = `Alerts of ${nameOf(entity)} are told again; what was held back is told as a list within a minute.\n`;
  writeOut(flags.json ? `${JSON.stringify({ ...entity, woken_by: by })}\n` : text);
  return 0;
}

async function snoozed(flags: Given, { pipeline }: LoadedPipeline): Promise<number> {
  const nowMs = Date.now();
  const all = await withLake(flags, pipeline.name, ({ objects }) => readSnoozes(objects));
  const inForce = all.filter(({ untilMs }) => nowMs < untilMs);
  const rows = inForce.map((one) => [nameOf(one), timeText(one.untilMs), one.by, one.why]);
  const text = rows.length === 0 ? 'Nothing is snoozed.\n' : columnsText([['entity', 'until', 'by', 'why'], ...rows]);
  writeOut(flags.json ? `${JSON.stringify({ snoozed: inForce.map(asJson) })}\n` : text);
  return 0;
}

function listText({ fates, alerts }: AlertList): string {
  if (alerts.length === 0) return 'No alerts.\n';
  const rows = alerts.map(({ event_time, rule_id, entity, outcome, score, amount, delivery, case_id }) => [
    ...[event_time, rule_id, entity, outcome, score === null ? '' : String(score), amount ?? ''],
    ...[delivery ?? '-', case_id ?? ''],
  ]);
  const sums = fates.map(({ delivery, alerts: count }) => `${delivery ?? 'not delivered'} ${count}`).join(', ');
  const total = fates.reduce((sum, { alerts: count }) => sum + count, 0);
  const head = ['event time', 'rule', 'entity', 'outcome', 'score', 'amount', 'delivery', 'case'];
  return `${columnsText([head, ...rows])}\n${thingsText(total, 'alert')}: ${sums}.\n`;
}

function asJson({ field, value, fromMs, untilMs, by, why }: Snooze): object {
  return { field, value, from: timeText(fromMs), until: timeText(untilMs), by, why };
}

function nameOf({ field, value }: Pick<Snooze, 'field' | 'value'>): string {
  return `${field}=${value}`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
