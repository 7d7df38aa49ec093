import { type Environment, readVariables } from '../environment.ts';

/** What erasure is told. */
export interface ForgetConfig {
  readonly pipeline: string;
  readonly lakeBucket: string;
  readonly database: string;
  readonly stateTable: string;
  readonly stream: string;
  readonly streamArn: string;
  /** Time after which whatever was delivered has landed, ms. */
  readonly landingMs: number;
}

/** Firehose lands within its buffer of up to 15 minutes; what takes four times as long is an outage with an alarm of its own. */
export const LANDING_MS = 3_600_000;

/** Configuration of erasure from its environment; frozen. Throws ConfigError. */
export function forgetConfig(environment: Environment): ForgetConfig {
  const read = readVariables(
    environment,
    ['HEADRACE_PIPELINE', 'HEADRACE_LAKE_BUCKET', 'HEADRACE_DATABASE', 'HEADRACE_STATE_TABLE', 'HEADRACE_STREAM', 'HEADRACE_STREAM_ARN'],
    ['HEADRACE_LANDING_MS'],
  );
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    database: read.HEADRACE_DATABASE,
    stateTable: read.HEADRACE_STATE_TABLE,
    stream: read.HEADRACE_STREAM,
    streamArn: read.HEADRACE_STREAM_ARN,
    landingMs: read.HEADRACE_LANDING_MS ?? LANDING_MS,
  });
}
