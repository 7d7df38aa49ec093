import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, configurationError } from './errors.ts';
import { SIZES, type SizeName } from './sizes.ts';

/** Environments that can be deployed; each has a file in `environments/`. */
export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;
/** Name of an environment. */
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

/** Log retentions that CloudWatch takes, days. */
const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] as const;
/** Least scan cut-off that Athena takes. */
const SCAN_BYTES_MIN = 10_000_000;
const SCAN_BYTES_MAX = 10 ** 15;
/** Shards of one stream without asking for more: the default quota of the large regions. */
const SHARDS_MAX = 500;
const DAYS_MAX = 3_650;

interface Field<T> {
  /** What is allowed, in words. */
  readonly allowed: string;
  readonly isOptional: boolean;
  readonly accepts: (value: unknown) => value is T;
}

const FIELDS = {
  /** Which shipped size. */
  size: oneOf<SizeName>(Object.keys(SIZES) as SizeName[]),
  /** Folder below `pipelines/`. */
  pipeline: text(/^[a-z][a-z0-9-]*$/, 'the name of a folder in pipelines/'),
  shards: integer(1, SHARDS_MAX),
  logRetentionDays: oneOf(LOG_RETENTION_DAYS),
  /** What one query may scan before it is ended. */
  scanBytesMax: integer(SCAN_BYTES_MIN, SCAN_BYTES_MAX),
  /** How long replaced and deleted versions of lake files stay. */
  oldVersionsDays: integer(1, DAYS_MAX),
  /** Alarm when more than this share of the events of five minutes is quarantined. */
  quarantinedShareMax: share(),
  /** Alarm when more than this share of the events of five minutes is late. */
  lateShareMax: share(),
  /** Who hears of alarms; none: nobody, until someone subscribes to the topic. */
  operatorEmail: optional(text(/^[^@\s]+@[^@\s]+$/, 'an e-mail address')),
} as const;

type Parsed<F> = F extends Field<infer T> ? T : never;

/** Configuration of one environment; frozen. */
export type EnvironmentConfig = { readonly [K in keyof typeof FIELDS]: Parsed<(typeof FIELDS)[K]> } & { readonly env: EnvironmentName };

/** Checks the name of an environment. Throws ConfigurationError. */
export function environmentName(value: unknown): EnvironmentName {
  const name = ENVIRONMENTS.find((one) => one === value);
  if (name === undefined) throw configurationError('context value env', value, `${ENVIRONMENTS.join(', ')}; such as --context env=dev`);
  return name;
}

/** Reads the file of an environment. Throws ConfigurationError. */
export function loadConfig(env: EnvironmentName): EnvironmentConfig {
  const where = `infra/environments/${env}.json`;
  const text = readFileSync(join(import.meta.dirname, 'environments', `${env}.json`), 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${where}: not readable as JSON: ${String(error)}`, { cause: error });
  }
  return parseConfig(env, value, where);
}

/** Checks the configuration of an environment; `where` stands before every message. Throws ConfigurationError, for unknown keys too. */
export function parseConfig(env: EnvironmentName, value: unknown, where: string): EnvironmentConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw configurationError(where, value, 'one JSON object');
  const given = new Map<string, unknown>(Object.entries(value));
  const unknown = [...given.keys()].find((key) => !Object.hasOwn(FIELDS, key));
  if (unknown !== undefined) throw configurationError(`${where}: unknown key`, unknown, Object.keys(FIELDS).join(', '));
  const fields: [string, Field<unknown>][] = Object.entries(FIELDS);
  for (const [key, { allowed, accepts, isOptional }] of fields) {
    const member = given.get(key);
    if (!given.has(key) ? !isOptional : !accepts(member)) throw configurationError(`${where}: ${key}`, member, allowed);
  }
  // Every member was checked right above.
  return Object.freeze({ env, ...Object.fromEntries(given) }) as EnvironmentConfig;
}

function integer(min: number, max: number): Field<number> {
  return {
    allowed: `an integer in ${min}..${max}`,
    isOptional: false,
    accepts: (value): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

function share(): Field<number> {
  const accepts = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= 1;
  return { allowed: 'a share above 0, at most 1', isOptional: false, accepts };
}

function text(pattern: RegExp, allowed: string): Field<string> {
  return { allowed, isOptional: false, accepts: (value): value is string => typeof value === 'string' && pattern.test(value) };
}

function oneOf<T extends string | number>(values: readonly T[]): Field<T> {
  return { allowed: values.join(', '), isOptional: false, accepts: (value): value is T => values.some((one) => one === value) };
}

function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, isOptional: true, accepts: (value): value is T | undefined => field.accepts(value) };
}
