import { usageError } from '../../core/errors.ts';
import { CODES } from '../../core/events/codes.ts';
import { compilePlan } from '../../core/plan.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Arguments, type Flags, readFlags } from '../flags.ts';
import { columnsText, countText, thingsText, writeOut } from '../output.ts';
import {
  idOf,
  listQuarantine,
  parseId,
  type Quarantined,
  type QuarantineList,
  readQuarantined,
  type Selection,
  showQuarantined,
} from '../quarantine.ts';
import { AS_IT_IS, type Fix, readFixes, throughCommand } from '../redrive/fix.ts';
import { type RedriveReport, redrive } from '../redrive/redrive.ts';
import { withSource } from '../source/source.ts';

const FLAGS = {
  code: { kind: 'text', value: 'CODE', help: 'only this reason, such as FIELD_MISSING' },
  limit: { kind: 'whole', value: 'N', min: 1, max: 1_000_000, fallback: 50, help: 'events to list, the newest first' },
  all: { kind: 'switch', help: 'redrive: everything in quarantine' },
  fixes: { kind: 'text', value: 'FILE', help: 'redrive: lines of {"id": …, "event": {…}} to send in their place' },
  through: {
    kind: 'text',
    value: 'COMMAND',
    help: 'redrive: shell command that reads an event and writes it mended; no output leaves it out',
  },
  'dry-run': { kind: 'switch', help: 'redrive: check and count, send nothing' },
  endpoint: { kind: 'text', value: 'URL', help: 'redrive: Kinesis endpoint of the headrace up that has the data folder' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Lists bad events with the reason, shows one with its bytes, sends mended ones again.';
const ACTIONS = ['list', 'show', 'redrive'];
const REDRIVE_FLAGS = ['all', 'fixes', 'through', 'dry-run', 'endpoint'] as const;
const HEXDUMP_WIDTH = 16;

/** `headrace quarantine list|show|redrive`: bad data, kept with its reason. */
export const command: Command = {
  name: 'quarantine',
  summary: SUMMARY,
  help: helpText({
    usage: 'quarantine list [flags] | show SHARD:SEQUENCE:SUB [flags] | redrive [ID…] [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'redrive takes ids, --code, --all, or the ids of --fixes. It sends an event only if it would be accepted now, under its old',
      'partition key; a second time it is a duplicate and changes nothing. It comes late if the stream has gone on past it.',
      'Exit code 1: some of the chosen events were not sent; the lines say why.',
    ],
    examples: [
      ['quarantine list --code FIELD_MISSING', 'what lacked a field'],
      ['quarantine show shardId-000000000000:49671:0', 'one event, by the id that list shows'],
      [`quarantine redrive --code AMOUNT_SYNTAX --through "sed 's/12,5/12.5/'"`, 'mend amounts and send them again'],
      ['quarantine redrive --fixes mended.ndjson --stack headrace-dev', 'send events written anew to a deployed stack'],
    ],
  }),
  run: async (args) => {
    const given = readFlags(FLAGS, args);
    const [action, ...ids] = given.positionals;
    if (action === undefined || !ACTIONS.includes(action)) throw usageError('quarantine', action ?? 'nothing', ACTIONS.join(', '));
    checkCode(given.flags.code);
    if (action === 'redrive') return await runRedrive(given, ids);
    const stray = REDRIVE_FLAGS.find((name) => given.flags[name] !== undefined && given.flags[name] !== false);
    if (stray !== undefined) throw usageError(`--${stray}`, action, 'redrive');
    return await (action === 'list' ? runList(given, ids) : runShow(given, ids));
  },
};

type Given = Arguments<typeof FLAGS>;

async function runList({ flags }: Given, [extra]: readonly string[]): Promise<number> {
  if (extra !== undefined) throw usageError('unexpected argument', extra, 'none');
  const loaded = await loadPipeline(flags.pipeline);
  const list = await withSource(flags, loaded, async (source) => listQuarantine(await source.lake(), flags.code, flags.limit));
  writeOut(flags.json ? `${JSON.stringify(list)}\n` : listText(list));
  return 0;
}

async function runShow({ flags }: Given, [id, extra]: readonly string[]): Promise<number> {
  if (extra !== undefined) throw usageError('unexpected argument', extra, 'one id');
  const wanted = parseId(id ?? 'nothing');
  const loaded = await loadPipeline(flags.pipeline);
  const one = await withSource(flags, loaded, async (source) => showQuarantined(await source.lake(), wanted));
  writeOut(flags.json ? `${JSON.stringify(one)}\n` : oneText(one));
  return 0;
}

async function runRedrive({ flags }: Given, ids: readonly string[]): Promise<number> {
  if (flags.fixes !== undefined && flags.through !== undefined) throw usageError('--through', flags.through, 'either --fixes or --through');
  const fixes = flags.fixes === undefined ? undefined : await readFixes(flags.fixes);
  const selection = selectionOf(flags, ids, fixes);
  const loaded = await loadPipeline(flags.pipeline);
  const report = await withSource(flags, loaded, async (source) =>
    redrive(source, await readQuarantined(await source.lake(), selection), redriveOptions(flags, loaded, fixes)),
  );
  writeOut(flags.json ? `${JSON.stringify(report)}\n` : redriveText(report, flags['dry-run']));
  return report.not_sent.length === 0 ? 0 : 1;
}

/** Exactly one way of choosing, so that nothing is sent by mistake; the ids of a file of fixes are chosen by it. */
function selectionOf(flags: Given['flags'], ids: readonly string[], fixes: ReadonlyMap<string, unknown> | undefined): Selection {
  const ways: Selection[] = [
    ...(ids.length === 0 ? [] : [{ ids: ids.map(parseId) }]),
    ...(flags.code === undefined ? [] : [{ code: flags.code }]),
    ...(flags.all ? ['all' as const] : []),
  ];
  const [first, second] = ways.length === 0 && fixes !== undefined ? [{ ids: [...fixes.keys()].map(parseId) }] : ways;
  if (first === undefined || second !== undefined)
    throw usageError('events to redrive', ways.length === 0 ? 'none' : 'more than one choice', 'ids, --code CODE, --all, or --fixes FILE');
  return first;
}

function redriveOptions(flags: Given['flags'], { pipeline }: LoadedPipeline, fixes: ReadonlyMap<string, Uint8Array> | undefined) {
  const fromFile: Fix = async (id) => fixes?.get(id);
  const fix = fixes === undefined ? (flags.through === undefined ? AS_IT_IS : throughCommand(flags.through)) : fromFile;
  return { plan: compilePlan(pipeline), fix, nowMs: Date.now(), isDry: flags['dry-run'] };
}

function checkCode(code: string | undefined): void {
  if (code !== undefined && !Object.hasOwn(CODES, code)) throw usageError('--code', code, Object.keys(CODES).join(', '));
}

function redriveText({ selected, sent, left_out, not_sent }: RedriveReport, isDry: boolean): string {
  const table = columnsText([
    ['quarantined', 'events'],
    ['chosen', selected],
    [isDry ? 'would be sent' : 'sent again', sent],
    ['left out', left_out],
    ['not sent', not_sent.length],
  ]);
  const reasons = not_sent.map(({ id, code, message }) => [id, code, message]);
  const why = reasons.length === 0 ? '' : `\n${columnsText([['id', 'code', 'why it was not sent'], ...reasons])}`;
  const next =
    isDry || sent === 0 ? '' : `\n${thingsText(sent, 'event')} went to the stream again; headrace ledger shows where they ended.\n`;
  return `${table}${why}${next}`;
}

function listText({ codes, events }: QuarantineList): string {
  const total = codes.reduce((sum, { events: n }) => sum + n, 0);
  if (total === 0) return 'Nothing is in quarantine.\n';
  const reasons = columnsText([['code', 'events'], ...codes.map(({ code, events: n }) => [code, n])]);
  const rows = events.map((event) => [event.arrival_time, idOf(event), event.code, event.path, event.message]);
  const more = total > events.length ? `\n${countText(total - events.length)} more: raise --limit or choose a --code.\n` : '';
  return `${reasons}\n${columnsText([['arrival', 'id', 'code', 'path', 'message'], ...rows])}${more}`;
}

function oneText(event: Quarantined): string {
  const meaning = Object.hasOwn(CODES, event.code) ? CODES[event.code as keyof typeof CODES] : '';
  const facts = [
    ['id', idOf(event)],
    ['arrival', event.arrival_time],
    ['key', event.partition_key],
    ['code', `${event.code} — ${meaning}`],
    ['path', event.path === '' ? '(the whole event)' : event.path],
    ['message', event.message],
  ];
  return `${columnsText(facts)}\n${bytesText(Buffer.from(event.data_base64 ?? '', 'base64'))}\n`;
}

/** Bytes as text where they are readable text, as hexadecimal lines otherwise: a terminal must not obey a bad event. */
function bytesText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const isReadable = Buffer.from(text, 'utf8').equals(bytes) && !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text.replaceAll(/[\n\t]/g, ''));
  if (isReadable) return text;
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEXDUMP_WIDTH) {
    const part = bytes.subarray(at, at + HEXDUMP_WIDTH);
    const hex = part
      .toString('hex')
      .replaceAll(/(..)/g, '$1 ')
      .padEnd(HEXDUMP_WIDTH * 3);
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex} ${part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')}`);
  }
  return lines.join('\n');
}
