import { z } from 'zod';
import { usageError } from '../errors.ts';
import { parseTime } from '../events/timestamp.ts';
import { type Allowed, checkForm } from './form.ts';

/** What a hit does: blocks the event, lets it pass whatever the rules say, or nothing but being there for rules to ask. */
export type ListEffect = 'block' | 'allow' | 'watch';

/** Values of one field that people have put on a list. */
export interface RuleList {
  /** Rules ask for it as `event.<field> in lists.<id>`. */
  readonly id: string;
  readonly owner: string;
  readonly description: string;
  readonly effect: ListEffect;
  /** Event field whose values it holds. */
  readonly field: string;
  readonly entries: readonly ListEntry[];
}

/** One value on a list. */
export interface ListEntry {
  readonly value: string;
  readonly reason: string;
  /** Event time, epoch ms, from which on the entry is void; absent for one that stays. */
  readonly untilMs?: number;
}

/** Entries of one list: each version of a rule set is kept whole, and read by every processor. */
const ENTRIES_MAX = 50_000;
const TEXT_LENGTH_MAX = 500;
const VALUE_LENGTH_MAX = 256;

const line = (lengthMax: number) => z.string().regex(/\S/).max(lengthMax);

const SCHEMA = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    .max(64),
  owner: line(TEXT_LENGTH_MAX),
  description: line(TEXT_LENGTH_MAX),
  effect: z.enum(['block', 'allow', 'watch']),
  field: line(TEXT_LENGTH_MAX),
  entries: z
    .array(z.strictObject({ value: line(VALUE_LENGTH_MAX), reason: line(TEXT_LENGTH_MAX), until: z.string().optional() }))
    .max(ENTRIES_MAX),
});

const ALLOWED: Allowed = {
  '': 'a mapping with the keys id, owner, description, effect, field, entries',
  id: 'snake_case text of at most 64 characters, such as blocked_terminals',
  owner: `text of 1..${TEXT_LENGTH_MAX} characters`,
  description: `text of 1..${TEXT_LENGTH_MAX} characters`,
  effect: 'block, allow, watch',
  field: 'the name of a text field of the event type that the pipeline judges',
  entries: `a list of at most ${ENTRIES_MAX} entries with the keys value, reason, until`,
  'entries.value': `text of 1..${VALUE_LENGTH_MAX} characters, in quotes if it looks like a number`,
  'entries.reason': `text of 1..${TEXT_LENGTH_MAX} characters`,
  'entries.until': 'a time in quotes such as "2026-03-01T00:00:00Z"',
};

/** Checks one file of a list, given as the object its YAML holds. Throws UsageError of one line. */
export function parseList(source: unknown, where: string): RuleList {
  const { entries, ...rest } = checkForm(SCHEMA, source, { where, allowed: ALLOWED });
  const seen = new Set<string>();
  return {
    ...rest,
    entries: entries.map(({ value, reason, until }, i) => {
      if (seen.has(value)) throw usageError(`${where}: entries.${i}.value`, value, 'each value once');
      seen.add(value);
      return until === undefined ? { value, reason } : { value, reason, untilMs: timeOf(until, `${where}: entries.${i}.until`) };
    }),
  };
}

function timeOf(text: string, what: string): number {
  const time = parseTime(text);
  if (typeof time === 'number') return time;
  throw usageError(what, text, ALLOWED['entries.until'] ?? '');
}

/** JSON Schema of list files, so that editors check and complete them. */
export function listSchema(): object {
  return z.toJSONSchema(SCHEMA, { io: 'input' });
}
