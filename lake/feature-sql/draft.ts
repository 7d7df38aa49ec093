import type { EventTypeSpec, Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { floorTo } from '../../core/time/tiles.ts';
import { fieldColumn } from '../columns.ts';
import { quoteName } from '../sql-text.ts';
import { NoSqlError } from './errors.ts';
import { msSql } from './terms.ts';

/** Which events a query reads, epoch ms: judged are those of `[fromMs, toMs)`, all others are their history. */
export interface QueryRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How far before and behind an event others can matter to its feature, ms. */
export interface Reach {
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Digits of the longest sequence number, and of a sub-sequence, so that texts of one length are in order. */
const SEQUENCE_DIGITS = 56;
const SUB_SEQUENCE_DIGITS = 6;
const DAY_MS = 86_400_000;

/** Fields that each relation of events has anyway. */
const ALWAYS = ['event_id', 'event_time'];

/** What identifies an event, in relations of events and of values. */
export const ID_COLUMNS = ['event_key', 'event_id', 'event_ms'] as const;

/** Columns of a query that no field may have the name of. */
const OWN: readonly string[] = [...ID_COLUMNS, 'arrival', 'remembered'].filter((name) => name !== 'event_id');

/** Condition that two rows are of one event. */
export function sameEvent(a: string, b: string): string {
  return ID_COLUMNS.map((column) => `${a}.${column} = ${b}.${column}`).join(' AND ');
}

/** A query while it is written: relations of events with the columns that are asked for, and steps over them. */
export class Draft {
  readonly pipeline: Pipeline;
  private readonly range: QueryRange | undefined;
  private readonly reach: Reach;
  private readonly fields = new Map<string, Set<string>>();
  private readonly steps = new Map<string, string>();

  constructor(pipeline: Pipeline, reach: Reach, range: QueryRange | undefined) {
    this.pipeline = pipeline;
    this.reach = reach;
    this.range = range;
  }

  /** An event type of the pipeline. */
  typeOf(name: string): EventTypeSpec {
    const type = this.pipeline.eventTypes[name];
    if (type === undefined) throw usageError('event type', name, Object.keys(this.pipeline.eventTypes).join(', '));
    return type;
  }

  /** Relation of the accepted events of a type, with these fields. */
  events(type: string, fields: readonly string[]): string {
    const known = this.fields.get(type) ?? new Set(ALWAYS);
    for (const field of fields) {
      if (OWN.includes(field)) throw new NoSqlError(`a field named ${field}, as a column that the query needs itself`);
      if (Object.hasOwn(this.typeOf(type).fields, field)) known.add(field);
    }
    this.fields.set(type, known);
    return `${type}_events`;
  }

  /** Relation of the events whose features are asked for, with these fields. */
  judged(fields: readonly string[]): string {
    const events = this.events(this.pipeline.decision?.over ?? '', fields);
    const { range } = this;
    const where = range === undefined ? '' : `\n    WHERE event_ms >= ${range.fromMs} AND event_ms < ${range.toMs}`;
    return this.step('judged', `    SELECT * FROM ${events}${where}`);
  }

  /** Whether a step of that name was written. */
  has(name: string): boolean {
    return this.steps.has(name);
  }

  /** Adds a step behind those that it reads, and gives its name. */
  step(name: string, sql: string): string {
    this.steps.set(name, sql);
    return name;
  }

  /** The steps as a WITH clause. */
  text(): string {
    const events = [...this.fields].map(([type, fields]): [string, string] => [`${type}_events`, this.eventsSql(type, fields)]);
    return `WITH\n${[...events, ...this.steps].map(([name, sql]) => `  ${name} AS (\n${sql}\n  )`).join(',\n')}`;
  }

  private eventsSql(type: string, names: ReadonlySet<string>): string {
    const { key, fields, table } = this.typeOf(type);
    const columns = [...names].map((name) => {
      const spec = fields[name];
      return quoteName(spec === undefined ? name : fieldColumn(name, spec));
    });
    const place = `lpad(sequence, ${SEQUENCE_DIGITS}, '0'), '.', lpad(CAST(sub_sequence AS VARCHAR), ${SUB_SEQUENCE_DIGITS}, '0')`;
    return [
      `    SELECT ${columns.join(', ')}, ${quoteName(key)} AS event_key,`,
      `      ${msSql('event_time')} AS event_ms,`,
      `      concat(${place}) AS arrival`,
      `    FROM ${quoteName(table)}`,
      `    WHERE ${["lane = 'accepted'", ...this.daysSql()].join(' AND ')}`,
    ].join('\n');
  }

  /** Days that the lake has to open. */
  private daysSql(): string[] {
    if (this.range === undefined) return [];
    const day = (ms: number): string => new Date(floorTo(ms, DAY_MS)).toISOString().slice(0, 10);
    const { fromMs, toMs } = this.range;
    return [`dt >= '${day(fromMs - this.reach.beforeMs)}'`, `dt <= '${day(toMs + this.reach.afterMs)}'`];
  }
}
