import { type Environment, readVariables } from '../environment.ts';

/** What the stream processor is told. */
export interface ProcessStreamConfig {
  readonly pipeline: string;
  readonly stream: string;
  readonly streamArn: string;
  readonly stateTable: string;
  readonly deliveryPrefix: string;
  readonly lakeBucket: string;
  readonly namespace: string;
  /** Rows joined in one delivery record; undefined: as many as fit. */
  readonly recordRowsMax: number | undefined;
}

/** Configuration of the stream processor from its environment; frozen. Throws ConfigError. */
export function processStreamConfig(environment: Environment): ProcessStreamConfig {
  const read = readVariables(
    environment,
    [
      'HEADRACE_PIPELINE',
      'HEADRACE_STREAM',
      'HEADRACE_STREAM_ARN',
      'HEADRACE_STATE_TABLE',
      'HEADRACE_DELIVERY_PREFIX',
      'HEADRACE_LAKE_BUCKET',
      'HEADRACE_NAMESPACE',
    ],
    ['HEADRACE_RECORD_ROWS_MAX'],
  );
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    stream: read.HEADRACE_STREAM,
    streamArn: read.HEADRACE_STREAM_ARN,
    stateTable: read.HEADRACE_STATE_TABLE,
    deliveryPrefix: read.HEADRACE_DELIVERY_PREFIX,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    namespace: read.HEADRACE_NAMESPACE,
    recordRowsMax: read.HEADRACE_RECORD_ROWS_MAX,
  });
}
