import { type Environment, readVariables } from '../environment.ts';

/** What the steps of a backfill are told. */
export interface BackfillConfig {
  readonly pipeline: string;
  readonly lakeBucket: string;
  /** Database of the landed tables. */
  readonly database: string;
  /** Workgroup that the shuffle queries in. */
  readonly workgroup: string;
  readonly stateTable: string;
  readonly stream: string;
  readonly streamArn: string;
  readonly namespace: string;
  /** Topic of the operators, who are asked for approvals. */
  readonly operatorTopicArn: string;
}

/** Configuration of the backfill from its environment; frozen. Throws ConfigError. */
export function backfillConfig(environment: Environment): BackfillConfig {
  const read = readVariables(environment, [
    'HEADRACE_PIPELINE',
    'HEADRACE_LAKE_BUCKET',
    'HEADRACE_DATABASE',
    'HEADRACE_WORKGROUP',
    'HEADRACE_STATE_TABLE',
    'HEADRACE_STREAM',
    'HEADRACE_STREAM_ARN',
    'HEADRACE_NAMESPACE',
    'HEADRACE_OPERATOR_TOPIC_ARN',
  ]);
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    database: read.HEADRACE_DATABASE,
    workgroup: read.HEADRACE_WORKGROUP,
    stateTable: read.HEADRACE_STATE_TABLE,
    stream: read.HEADRACE_STREAM,
    streamArn: read.HEADRACE_STREAM_ARN,
    namespace: read.HEADRACE_NAMESPACE,
    operatorTopicArn: read.HEADRACE_OPERATOR_TOPIC_ARN,
  });
}
