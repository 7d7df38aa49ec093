import { type Environment, readVariables } from '../environment.ts';

/** What compaction is told. */
export interface CompactConfig {
  readonly pipeline: string;
  readonly lakeBucket: string;
  readonly database: string;
  readonly namespace: string;
}

/** Configuration of compaction from its environment; frozen. Throws ConfigError. */
export function compactConfig(environment: Environment): CompactConfig {
  const read = readVariables(environment, ['HEADRACE_PIPELINE', 'HEADRACE_LAKE_BUCKET', 'HEADRACE_DATABASE', 'HEADRACE_NAMESPACE']);
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    database: read.HEADRACE_DATABASE,
    namespace: read.HEADRACE_NAMESPACE,
  });
}
