import { type Environment, readVariables } from '../environment.ts';

/** What the steps of a backfill are told. */
export interface BackfillConfig {
  readonly pipeline: string;
  readonly lakeBucket: string;
  /** Database of the landed tables. */
  readonly database: string;
  /** Workgroup that the shuffle queries in. */
  readonly workgroup: string;
  readonly stream: string;
  readonly streamArn: string;
  readonly namespace: string;
  /** Topic of the operators, who are asked for approvals. */
  readonly operatorTopicArn: string;
  /** Time after which whatever was delivered has landed, ms. */
  readonly landingMs: number;
  /** What reads archive and ledger: the query service, or the engine of the function, for lakes that fit into it. */
  readonly lakeReader: 'athena' | 'files';
}

/** Firehose lands within its buffer of up to 15 minutes; what takes four times as long is an outage with an alarm of its own. */
const LANDING_MS = 3_600_000;

/** Configuration of the backfill from its environment; frozen. Throws ConfigError. */
export function backfillConfig(environment: Environment): BackfillConfig {
  const read = readVariables(
    environment,
    [
      'HEADRACE_PIPELINE',
      'HEADRACE_LAKE_BUCKET',
      'HEADRACE_DATABASE',
      'HEADRACE_WORKGROUP',
      'HEADRACE_STREAM',
      'HEADRACE_STREAM_ARN',
      'HEADRACE_NAMESPACE',
      'HEADRACE_OPERATOR_TOPIC_ARN',
    ],
    ['HEADRACE_LANDING_MS', 'HEADRACE_LAKE_READER'],
  );
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    database: read.HEADRACE_DATABASE,
    workgroup: read.HEADRACE_WORKGROUP,
    stream: read.HEADRACE_STREAM,
    streamArn: read.HEADRACE_STREAM_ARN,
    namespace: read.HEADRACE_NAMESPACE,
    operatorTopicArn: read.HEADRACE_OPERATOR_TOPIC_ARN,
    landingMs: read.HEADRACE_LANDING_MS ?? LANDING_MS,
    lakeReader: read.HEADRACE_LAKE_READER ?? 'athena',
  });
}
