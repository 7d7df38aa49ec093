import { z } from 'zod';
import { type Allowed, checkForm } from './form.ts';
import { parseTemplate } from './template.ts';

/** Draft, paused and retired rules are ignored; shadow rules are evaluated and reported; active rules count. */
export type RuleStatus = 'draft' | 'shadow' | 'active' | 'paused' | 'retired';

/** One rule as its file says it. */
export interface Rule {
  readonly id: string;
  readonly version: number;
  readonly owner: string;
  readonly status: RuleStatus;
  readonly description: string;
  /** Event type it judges. */
  readonly on: string;
  /** CEL text that gives a bool. */
  readonly condition: string;
  /** Added to the score when the rule fires, 0..1000. */
  readonly points: number;
  /** Kind of fraud that it looks for, one that the pipeline's decision names; absent for none in particular. */
  readonly typology?: string;
  /** Text with references such as `{event.amount_minor}`. */
  readonly reason: string;
  readonly alert: RuleAlert;
}

/** How alerts of a rule are grouped in delivery. */
export interface RuleAlert {
  /** Event field whose value groups alerts. */
  readonly groupBy: string;
  /** Time for which a group stays quiet after an alert, ms. */
  readonly coolDownMs: number;
}

/** Longest id: it is part of alert ids and state keys. */
const ID_LENGTH_MAX = 64;
/** Longest free text: a reason is repeated in each alert row. */
const TEXT_LENGTH_MAX = 500;
/** Longest condition: a page of CEL; anything longer belongs into several rules. */
const CONDITION_LENGTH_MAX = 4_000;
/** Most points of one rule: far above any threshold, and sums of thousands of rules stay exact. */
const POINTS_MAX = 1_000;

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const COOL_DOWN = /^([1-9][0-9]{0,4})([mhd])$/;

/** Typologies are keys of the pipeline's decision. */
const TYPOLOGY = /^[a-z][a-z0-9_]{0,63}$/;

const line = (lengthMax: number) => z.string().regex(/\S/).max(lengthMax);

const SCHEMA = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    .max(ID_LENGTH_MAX),
  version: z.int().positive(),
  owner: line(TEXT_LENGTH_MAX),
  status: z.enum(['draft', 'shadow', 'active', 'paused', 'retired']),
  description: line(TEXT_LENGTH_MAX),
  on: line(TEXT_LENGTH_MAX),
  condition: line(CONDITION_LENGTH_MAX),
  points: z.int().min(0).max(POINTS_MAX),
  typology: z.string().regex(TYPOLOGY).optional(),
  reason: line(TEXT_LENGTH_MAX),
  alert: z.strictObject({ group_by: line(TEXT_LENGTH_MAX), cool_down: z.string().regex(COOL_DOWN) }),
});

const TEXT = `text of 1..${TEXT_LENGTH_MAX} characters`;

/** What each path takes, in the words of an error line; '' is the file itself. */
const ALLOWED: Allowed = {
  '': 'a mapping with the keys id, version, owner, status, description, on, condition, points, typology, reason, alert',
  id: `kebab-case text of at most ${ID_LENGTH_MAX} characters, such as amount-over-limit`,
  version: 'a whole number from 1',
  owner: TEXT,
  status: 'draft, shadow, active, paused, retired',
  description: TEXT,
  on: 'the name of the event type that the pipeline judges',
  condition: `CEL text of 1..${CONDITION_LENGTH_MAX} characters`,
  points: `a whole number 0..${POINTS_MAX}`,
  typology: "the name of a typology of the pipeline's decision, such as card_testing",
  reason: TEXT,
  alert: 'a mapping with the keys group_by, cool_down',
  'alert.group_by': 'the name of a field of the event type',
  'alert.cool_down': 'a number of minutes, hours or days such as 15m, 1h or 7d',
};

/**
 * Checks one rule file, given as the object its YAML holds. Throws UsageError of one line naming `where` (the file), the path, the
 * value received and what is allowed.
 */
export function parseRule(source: unknown, where: string): Rule {
  const { alert, typology, ...rest } = checkForm(SCHEMA, source, { where, allowed: ALLOWED });
  parseTemplate(rest.reason, where);
  return {
    ...rest,
    ...(typology === undefined ? {} : { typology }),
    alert: { groupBy: alert.group_by, coolDownMs: coolDownOf(alert.cool_down) },
  };
}

function coolDownOf(text: string): number {
  const [, amount, unit] = COOL_DOWN.exec(text) ?? [];
  return Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** JSON Schema of rule files, so that editors check and complete them. */
export function ruleSchema(): object {
  return z.toJSONSchema(SCHEMA, { io: 'input' });
}
