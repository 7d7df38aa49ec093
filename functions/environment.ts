import { configError } from './errors.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable<T> {
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The value of a text; undefined if the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
}

/** Most rows that a delivery record may hold: what Firehose takes apart. */
const RECORD_ROWS_MAX = 500;
const DAY_MS = 86_400_000;

/** Every variable a function may be given; all functions of an installation get the same ones and use some. */
const VARIABLES = {
  HEADRACE_PIPELINE: text(/^[a-z][a-z0-9-]*$/, 'the name of the pipeline that was built in'),
  HEADRACE_STREAM: text(/^[\w.-]{1,128}$/, 'the name of a Kinesis stream'),
  HEADRACE_STREAM_ARN: text(/^arn:[\w-]+:kinesis:/, 'the ARN of a Kinesis stream'),
  HEADRACE_STATE_TABLE: text(/^[\w.-]{3,255}$/, 'the name of a DynamoDB table'),
  HEADRACE_DELIVERY_PREFIX: text(/^[\w.-]{1,60}$/, 'what the names of the delivery streams begin with'),
  HEADRACE_LAKE_BUCKET: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of an S3 bucket'),
  HEADRACE_DATABASE: text(/^[a-z0-9_]{1,255}$/, 'the name of a Glue database'),
  HEADRACE_WORKGROUP: text(/^[\w.-]{1,128}$/, 'the name of an Athena workgroup'),
  HEADRACE_BUS: text(/^[\w./-]{1,256}$/, 'the name of an EventBridge bus'),
  HEADRACE_TOPIC_ARN: text(/^arn:[\w-]+:sns:/, 'the ARN of an SNS topic'),
  HEADRACE_OPERATOR_TOPIC_ARN: text(/^arn:[\w-]+:sns:/, 'the ARN of an SNS topic'),
  HEADRACE_NAMESPACE: text(/^[\w./#:-]{1,255}$/, 'a namespace of CloudWatch metrics'),
  HEADRACE_RECORD_ROWS_MAX: integer(1, RECORD_ROWS_MAX),
  HEADRACE_LANDING_MS: integer(0, DAY_MS),
  HEADRACE_LAKE_READER: oneOf('athena', 'files'),
} as const;

/** Name of a variable. */
export type VariableName = keyof typeof VARIABLES;
type ValueOf<N extends VariableName> = (typeof VARIABLES)[N] extends Variable<infer T> ? T : never;

/** Values of the variables that were asked for, by name; frozen. */
export type Values<R extends VariableName, O extends VariableName> = { readonly [N in R]: ValueOf<N> } & {
  readonly [N in O]?: ValueOf<N>;
};

/**
 * Checks all variables that begin with HEADRACE_ and gives those that a function uses. Throws ConfigError for an unknown one, a
 * missing one and a wrong value. (zod would do it too, for 20 ms of CPU at each start.)
 */
export function readVariables<R extends VariableName, O extends VariableName = never>(
  environment: Environment,
  required: readonly R[],
  optional: readonly O[] = [],
): Values<R, O> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(environment).filter((one) => one.startsWith('HEADRACE_'))) {
    if (!isVariable(name)) throw configError('unknown variable', name, Object.keys(VARIABLES).join(', '), 'Remove it, or mend its name.');
  }
  for (const name of [...required, ...optional]) {
    const given = environment[name];
    if (given === undefined && optional.some((one) => one === name)) continue;
    const { parse, allowed }: Variable<unknown> = VARIABLES[name];
    const value = given === undefined ? undefined : parse(given);
    if (value === undefined) throw configError(`variable ${name}`, given, allowed, 'Set it in the environment of the function.');
    values[name] = value;
  }
  return Object.freeze(values) as Values<R, O>;
}

function isVariable(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}

function text(pattern: RegExp, allowed: string): Variable<string> {
  return { allowed, parse: (given) => (pattern.test(given) ? given : undefined) };
}

function integer(min: number, max: number): Variable<number> {
  const parse = (given: string): number | undefined => {
    const value = Number(given);
    return /^\d+$/.test(given) && value >= min && value <= max ? value : undefined;
  };
  return { allowed: `an integer in ${min}..${max}`, parse };
}

function oneOf<T extends string>(...allowed: readonly T[]): Variable<T> {
  return { allowed: allowed.join(', '), parse: (given) => allowed.find((one) => one === given) };
}
