import { z } from 'zod';
import { usageError } from '../errors.ts';
import { type Allowed, checkForm } from '../rules/form.ts';

/** Whether more of a value makes fraud more likely, less likely, or who knows. */
export type MoreIs = 'worse' | 'better' | 'any';

/** One value that a scorecard looks at, and where its bins end. */
export interface BinSpec {
  /** Words for it, each once in a scorecard; part of the ids of its rules. */
  readonly name: string;
  /** What rules call it, such as `features.customer_ratio_30d`. */
  readonly of: string;
  /** Ascending thresholds: bin i holds the values from threshold i - 1 on and below threshold i. */
  readonly at: readonly number[];
  /** Points rise with the value, fall with it, or go as they like. */
  readonly moreIs: MoreIs;
  /** CEL that must hold for the value to mean something, such as its currency; else it is taken as missing. */
  readonly where?: string;
}

/** A scorecard before it is fitted: what it looks at, not what that is worth. */
export interface Scorecard {
  /** First part of the ids of its rules. */
  readonly id: string;
  readonly owner: string;
  readonly description: string;
  /** Event type it judges. */
  readonly on: string;
  readonly bins: readonly BinSpec[];
}

// Id, name, and a threshold with the words before it stay within the 64 characters of a rule's id.
const ID_LENGTH_MAX = 15;
const NAME_LENGTH_MAX = 20;
const NUMBER_LENGTH_MAX = 15;
const TEXT_LENGTH_MAX = 500;
/** A person must be able to read the table. */
const THRESHOLDS_MAX = 20;
const BINS_MAX = 50;

const line = (lengthMax: number) => z.string().regex(/\S/).max(lengthMax);

const SCHEMA = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    .max(ID_LENGTH_MAX),
  owner: line(TEXT_LENGTH_MAX),
  description: line(TEXT_LENGTH_MAX),
  on: line(TEXT_LENGTH_MAX),
  bins: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[a-z][a-z0-9]*( [a-z][a-z0-9]*)*$/)
          .max(NAME_LENGTH_MAX),
        of: z.string().regex(/^(event|features)\.[a-z][a-z0-9_]*$/),
        at: z.array(z.number().refine(isPlain)).min(1).max(THRESHOLDS_MAX),
        more_is: z.enum(['worse', 'better', 'any']),
        where: line(TEXT_LENGTH_MAX).optional(),
      }),
    )
    .min(1)
    .max(BINS_MAX),
});

const ALLOWED: Allowed = {
  '': 'a mapping with the keys id, owner, description, on, bins',
  id: `kebab-case text of at most ${ID_LENGTH_MAX} characters, such as scorecard`,
  owner: `text of 1..${TEXT_LENGTH_MAX} characters`,
  description: `text of 1..${TEXT_LENGTH_MAX} characters`,
  on: 'the name of the event type that the pipeline judges',
  bins: `a list of 1..${BINS_MAX} entries with the keys name, of, at, more_is, where`,
  'bins.name': `words that begin with a small letter, at most ${NAME_LENGTH_MAX} characters together, such as terminal run`,
  'bins.of': 'a number that rules can name, such as event.amount_minor or features.customer_count_1h',
  'bins.at': `a list of 1..${THRESHOLDS_MAX} numbers such as 2.5, each above the one before and of at most ${NUMBER_LENGTH_MAX} characters`,
  'bins.more_is': 'worse, better, any',
  'bins.where': `CEL text of 1..${TEXT_LENGTH_MAX} characters`,
};

/** Checks a scorecard file, given as the object its YAML holds. Throws UsageError of one line naming `where` (the file), the path, the value received and what is allowed. */
export function parseScorecard(source: unknown, where: string): Scorecard {
  const { bins, ...rest } = checkForm(SCHEMA, source, { where, allowed: ALLOWED });
  const names = new Set<string>();
  return {
    ...rest,
    bins: bins.map(({ more_is, where: condition, ...bin }, i) => {
      if (names.has(bin.name)) throw usageError(`${where}: bins.${i}.name`, bin.name, 'each name once');
      names.add(bin.name);
      const isAscending = bin.at.every((one, k) => k === 0 || one > (bin.at[k - 1] ?? one));
      if (!isAscending) throw usageError(`${where}: bins.${i}.at`, JSON.stringify(bin.at), ALLOWED['bins.at'] ?? '');
      return { ...bin, moreIs: more_is, ...(condition === undefined ? {} : { where: condition }) };
    }),
  };
}

/** Whether a threshold can be read in a rule and in its id: digits, and no exponent. */
function isPlain(value: number): boolean {
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) && text.length <= NUMBER_LENGTH_MAX;
}

/** JSON Schema of scorecard files, so that editors check and complete them. */
export function scorecardSchema(): object {
  return z.toJSONSchema(SCHEMA, { io: 'input' });
}
