import { personalFieldsOf } from '../../core/definition/personal.ts';
import type { Aggregate, EventTypeSpec, Pipeline } from '../../core/definition/pipeline.ts';
import { alertIdOf } from '../../core/rules/alert-id.ts';
import type { Rule } from '../../core/rules/rule.ts';
import { fieldColumn } from '../columns.ts';
import { landedTable } from '../delivery-format.ts';
import type { TableSchema } from '../schema.ts';
import { quoteName, quoteText } from '../sql-text.ts';
import { ALERT_DELIVERY_TABLE, tablesOf, WHAT_IF_TABLE } from '../tables.ts';
import { createRecordMask, type KeptRecord, type MaskedRecord, type RecordMask } from './events.ts';
import { createReasonMask } from './reasons.ts';
import type { Subject } from './subject.ts';

/** A row as the engine gives it: timestamps are epoch ms, blobs base64. */
export type ReadRow = Readonly<Record<string, unknown>>;

/** New values of some columns: text, base64 where the column is a blob, lists, or null. */
export type Patch = Readonly<Record<string, string | readonly string[] | null>>;

/** How the rows of one table are masked. */
export interface TableMask {
  readonly table: TableSchema;
  /** Columns that masking may change. */
  readonly columns: readonly string[];
  /** Columns that masking looks at. */
  readonly reads: readonly string[];
  /** SQL condition that every row of the subject meets, and perhaps some others. */
  readonly where: string;
  /** New values of the columns that change; undefined for a row that has nothing of the subject. */
  readonly patch: (row: ReadRow) => Patch | undefined;
}

/** How files of a lake hold blobs: as they are, or as Firehose lands them, as base64 text. */
export type BlobForm = 'bytes' | 'base64';

/** What the masks of all tables are made from. */
export interface MaskOptions {
  /** The rules in force, and those that ever were. */
  readonly rules: readonly Rule[];
  readonly blobs: BlobForm;
}

/** Masks of all tables that can hold something of the subject. */
export function tableMasksOf(pipeline: Pipeline, subject: Subject, { rules, blobs }: MaskOptions): TableMask[] {
  const records = createRecordMask(pipeline, subject);
  const stored = tablesOf(pipeline).map((table) => (blobs === 'bytes' ? table : landedTable(table)));
  const tables = new Map(stored.map((table) => [table.name, table]));
  const own = Object.entries(pipeline.eventTypes).filter(([name]) => subject.types.has(name));
  const masks: (Omit<TableMask, 'table'> & { readonly name: string })[] = [
    { name: 'archive', ...archiveMask(records, subject, blobs) },
    ...own.map(([, type]) => ({ name: type.table, ...eventMask(type, subject) })),
    { name: 'late_events', ...lateMask(records, subject) },
    { name: 'quarantine', ...quarantineMask(records, subject, blobs) },
    ...Object.values(pipeline.aggregates).flatMap((one) =>
      subject.types.has(one.over) ? [{ name: one.name, ...aggregateMask(one, subject) }] : [],
    ),
  ];
  const judged = pipeline.decision === undefined ? undefined : pipeline.eventTypes[pipeline.decision.over];
  if (judged !== undefined && judged.key === subject.field) masks.push(...judgedMasks(judged, subject, rules));
  return masks.flatMap(({ name, ...mask }) => {
    const table = tables.get(name);
    return table === undefined || mask.columns.length === 0 ? [] : [{ table, ...mask }];
  });
}

type Mask = Omit<TableMask, 'table'>;

const isEqual = (column: string, value: string): string => `${quoteName(column)} = ${quoteText(value)}`;

/** Bytes that may name the key: as they are, or behind a backslash in some way of writing it. */
function mayName(value: string, blobs: BlobForm): string {
  const hex = [...Buffer.from(value)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  const text = `CAST(${blobs === 'bytes' ? '"data"' : 'from_base64("data")'} AS VARCHAR)`;
  return `("partition_key" = ${quoteText(value)} OR contains(${text}, CAST(${quoteText(hex)}::BLOB AS VARCHAR)) OR contains(${text}, '\\x5C'))`;
}

function recordOf(row: ReadRow): KeptRecord {
  const bytes = Buffer.from(String(row['data'] ?? ''), 'base64');
  return { bytes, partitionKey: String(row['partition_key']), arrivalMs: Number(row['arrival_time']) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function keyPatch(row: ReadRow, { value, pseudonym }: Subject): Patch {
  return row['partition_key'] === value ? { partition_key: pseudonym } : {};
}

const RECORD_READS = ['data', 'partition_key', 'arrival_time'];

function archiveMask(records: RecordMask, subject: Subject, blobs: BlobForm): Mask {
  const { value, pseudonym } = subject;
  return {
    columns: ['data', 'partition_key', 'key'],
    reads: [...RECORD_READS, 'lane', 'key'],
    where: `"kind" = 'record' AND (${isEqual('key', value)} OR ${mayName(value, blobs)})`,
    patch: (row) => {
      const record = recordOf(row);
      const isOwn = row['key'] === value;
      // What was an event once may be none to this definition.
      const isRefused = row['lane'] === 'quarantined';
      const masked = isRefused ? records.refused(record) : (records.event(record) ?? (isOwn ? records.refused(record) : undefined));
      return {
        ...(masked === undefined ? {} : { data: base64(masked.bytes) }),
        ...keyPatch(row, subject),
        ...(isOwn ? { key: pseudonym } : {}),
      };
    },
  };
}

function lateMask(records: RecordMask, subject: Subject): Mask {
  const { value, pseudonym } = subject;
  return {
    columns: ['key', 'data', 'partition_key'],
    reads: [...RECORD_READS, 'key'],
    where: `(${isEqual('key', value)} OR ${isEqual('partition_key', value)})`,
    patch: (row) => {
      const masked = records.event(recordOf(row));
      return {
        ...(masked === undefined ? {} : { data: base64(masked.bytes) }),
        ...keyPatch(row, subject),
        ...(row['key'] === value ? { key: pseudonym } : {}),
      };
    },
  };
}

function quarantineMask(records: RecordMask, subject: Subject, blobs: BlobForm): Mask {
  return {
    columns: ['data', 'partition_key', 'code', 'path', 'message'],
    reads: [...RECORD_READS, 'code', 'path', 'message'],
    where: mayName(subject.value, blobs),
    patch: (row) => {
      const masked = records.refused(recordOf(row));
      return masked === undefined
        ? undefined
        : { data: base64(masked.bytes), ...keyPatch(row, subject), ...reasonOf(row, masked, subject) };
    },
  };
}

/** What the parser says about the new bytes, if its word about the old ones is what the row says; else the row's own, without the key. */
function reasonOf(row: ReadRow, { before, after }: MaskedRecord, { value }: Subject): Patch {
  const isParsers = 'rejection' in before && before.rejection.code === row['code'] && 'rejection' in after;
  if (isParsers) return { ...after.rejection };
  const message = String(row['message']);
  return { code: String(row['code']), path: String(row['path']), message: message.includes(value) ? 'erased' : message };
}

function eventMask(type: EventTypeSpec, subject: Subject): Mask {
  const gone = Object.fromEntries(
    personalFieldsOf(type, 'drop').map((name) => [fieldColumn(name, type.fields[name] ?? { kind: 'time', optional: true }), null]),
  );
  const veiled = personalFieldsOf(type, 'pseudonym');
  const veil = (row: ReadRow): Patch =>
    Object.fromEntries(veiled.flatMap((name) => (typeof row[name] === 'string' ? [[name, subject.pseudonymOf(name, row[name])]] : [])));
  return {
    columns: [type.key, 'partition_key', ...Object.keys(gone), ...veiled],
    reads: [type.key, 'partition_key', ...veiled],
    where: `(${isEqual(type.key, subject.value)} OR ${isEqual('partition_key', subject.value)})`,
    patch: (row) => ({
      ...(row[type.key] === subject.value ? { [type.key]: subject.pseudonym, ...gone, ...veil(row) } : {}),
      ...keyPatch(row, subject),
    }),
  };
}

function aggregateMask({ groupBy, measures }: Aggregate, { field, value, pseudonym }: Subject): Mask {
  const ends = Object.entries(measures).filter(([, one]) => (one.kind === 'first' || one.kind === 'last') && one.field === field);
  const columns = [...groupBy.filter((group) => group.field === field).map(() => field), ...ends.map(([name]) => name)];
  return {
    columns,
    reads: columns,
    where: `(${columns.map((column) => isEqual(column, value)).join(' OR ')})`,
    patch: (row) => Object.fromEntries(columns.filter((column) => row[column] === value).map((column) => [column, pseudonym])),
  };
}

function judgedMasks(type: EventTypeSpec, subject: Subject, rules: readonly Rule[]): (Mask & { readonly name: string })[] {
  const { value, pseudonym } = subject;
  const texts = createReasonMask(rules, type, subject);
  const where = isEqual(type.key, value);
  const listOf = (cell: unknown): string[] => (Array.isArray(cell) ? cell.map(String) : []);
  const decisions: Mask = {
    columns: [type.key, 'reasons', 'rules_failed', 'rule_tests', 'list_hits'],
    reads: ['rules_fired', 'reasons', 'rules_failed', 'rule_tests', 'list_hits'],
    where,
    patch: (row) => {
      const fired = listOf(row['rules_fired']);
      const reasons = listOf(row['reasons']).map((text, i) => texts.reason(fired[i] ?? '', text));
      return {
        [type.key]: pseudonym,
        reasons,
        rules_failed: listOf(row['rules_failed']).map((text) => text.replaceAll(value, pseudonym)),
        rule_tests: typeof row['rule_tests'] === 'string' ? texts.tests(row['rule_tests']) : null,
        list_hits: Array.isArray(row['list_hits']) ? listOf(row['list_hits']).map(texts.hit) : null,
      };
    },
  };
  return [
    { name: 'decisions', ...decisions },
    { name: WHAT_IF_TABLE, ...decisions },
    {
      name: ALERT_DELIVERY_TABLE,
      // The name of a case is made from that of its entity.
      columns: ['alert_id', type.key, 'case_id'],
      reads: ['alert_id', 'event_id', 'rule_id'],
      where,
      patch: (row) => ({
        alert_id: alertIdOf(String(row['rule_id']), pseudonym, String(row['event_id'])),
        [type.key]: pseudonym,
        case_id: null,
      }),
    },
    {
      name: 'alerts',
      columns: ['alert_id', type.key, 'reason', 'rule_values', 'alert_group'],
      reads: ['alert_id', 'event_id', 'rule_id', 'rule_version', 'reason', 'rule_values', 'alert_group'],
      where,
      patch: (row) => {
        const ruleId = String(row['rule_id']);
        return {
          alert_id: alertIdOf(ruleId, pseudonym, String(row['event_id'])),
          [type.key]: pseudonym,
          reason: texts.reason(ruleId, String(row['reason'])),
          rule_values: texts.values(String(row['rule_values'])),
          alert_group: texts.group(ruleId, Number(row['rule_version']), String(row['alert_group'])),
        };
      },
    },
  ];
}
