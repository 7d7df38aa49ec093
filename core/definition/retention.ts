import { usageError } from '../errors.ts';

/** How long the lake keeps what, and where; days are of 24 hours. */
export interface LakeSpec {
  /** How long a generation can still be asked for after another one replaced it, and landing files are kept after a generation included them. */
  readonly generationsDays: number;
  /** Age at which files go to cheaper tiers of the object store. */
  readonly tieringAfterDays: number;
  /** Tables whose rows leave them, and how long after the end of their hour; their files go `generationsDays` later. Rows of all others stay. */
  readonly keptDays: Readonly<Record<string, number>>;
}

/** Defaults: a week of time travel, cheaper tiers after a quarter, all rows kept. */
export const DEFAULT_LAKE: LakeSpec = { generationsDays: 7, tieringAfterDays: 90, keptDays: {} };

const GENERATIONS_DAYS_MAX = 365;
/** Object stores move objects to infrequent access after 30 days at the earliest. */
const TIERING_DAYS_MIN = 30;
const DAYS_MAX = 36_500;

/** Checks retention against the tables that there are. Throws UsageError. */
export function checkRetention(lake: LakeSpec, tables: ReadonlySet<string>): void {
  checkDays('lake.generationsDays', lake.generationsDays, 1, GENERATIONS_DAYS_MAX);
  checkDays('lake.tieringAfterDays', lake.tieringAfterDays, TIERING_DAYS_MIN, DAYS_MAX);
  for (const [table, days] of Object.entries(lake.keptDays)) {
    if (!tables.has(table)) throw usageError('lake.keptDays', table, `a table: ${[...tables].join(', ')}`);
    // Time travel needs what it goes back to.
    checkDays(`lake.keptDays.${table}`, days, lake.generationsDays + 1, DAYS_MAX);
  }
}

function checkDays(path: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw usageError(path, value, `a whole number of days in ${least}..${most}`);
}
