import { usageError } from '../../core/errors.ts';
import { CODES } from '../../core/events/codes.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { type Flags, readFlags } from '../flags.ts';
import { withLake } from '../lake.ts';
import { columnsText, countText, writeOut } from '../output.ts';
import { idOf, listQuarantine, parseId, type Quarantined, type QuarantineList, showQuarantined } from '../quarantine.ts';

const FLAGS = {
  code: { kind: 'text', value: 'CODE', help: 'only this reason, such as FIELD_MISSING' },
  limit: { kind: 'whole', value: 'N', min: 1, max: 1_000_000, fallback: 50, help: 'events to list, the newest first' },
  data: DATA_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Lists bad events with the reason, and shows one with its bytes.';
const HEXDUMP_WIDTH = 16;

/** `headrace quarantine list|show`: bad data, kept with its reason. */
export const command: Command = {
  name: 'quarantine',
  summary: SUMMARY,
  help: helpText({
    usage: 'quarantine list [flags] | quarantine show SHARD:SEQUENCE:SUB [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    examples: [
      ['quarantine list --code FIELD_MISSING', 'what lacked a field'],
      ['quarantine show shardId-000000000000:49671:0', 'one event, by the id that list shows'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    const [action, id, extra] = positionals;
    if (action !== 'list' && action !== 'show') throw usageError('quarantine', action ?? 'nothing', 'list, show');
    const unexpected = action === 'list' ? id : extra;
    if (unexpected !== undefined) throw usageError('unexpected argument', unexpected, action === 'list' ? 'none' : 'one id');
    const wanted = action === 'show' ? parseId(id ?? 'nothing') : undefined;
    if (flags.code !== undefined && !Object.hasOwn(CODES, flags.code))
      throw usageError('--code', flags.code, Object.keys(CODES).join(', '));
    const loaded = await loadPipeline(flags.pipeline);
    if (wanted !== undefined) {
      const one = await withLake(flags.data, loaded, (sql) => showQuarantined(sql, wanted));
      writeOut(flags.json ? `${JSON.stringify(one)}\n` : oneText(one));
      return 0;
    }
    const list = await withLake(flags.data, loaded, (sql) => listQuarantine(sql, flags.code, flags.limit));
    writeOut(flags.json ? `${JSON.stringify(list)}\n` : listText(list));
    return 0;
  },
};

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
