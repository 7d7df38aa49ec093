import { type Environment, readVariables } from '../environment.ts';

/** What the delivery of alerts is told. */
export interface DeliverAlertsConfig {
  readonly pipeline: string;
  readonly deliveryPrefix: string;
  readonly lakeBucket: string;
  readonly stateTable: string;
  readonly bus: string;
  readonly topicArn: string;
  readonly namespace: string;
  /** Rows joined in one delivery record; undefined: as many as fit. */
  readonly recordRowsMax: number | undefined;
}

/** Configuration of the delivery of alerts from its environment; frozen. Throws ConfigError. */
export function deliverAlertsConfig(environment: Environment): DeliverAlertsConfig {
  const read = readVariables(
    environment,
    [
      'HEADRACE_PIPELINE',
      'HEADRACE_DELIVERY_PREFIX',
      'HEADRACE_LAKE_BUCKET',
      'HEADRACE_STATE_TABLE',
      'HEADRACE_BUS',
      'HEADRACE_TOPIC_ARN',
      'HEADRACE_NAMESPACE',
    ],
    ['HEADRACE_RECORD_ROWS_MAX'],
  );
  return Object.freeze({
    pipeline: read.HEADRACE_PIPELINE,
    deliveryPrefix: read.HEADRACE_DELIVERY_PREFIX,
    lakeBucket: read.HEADRACE_LAKE_BUCKET,
    stateTable: read.HEADRACE_STATE_TABLE,
    bus: read.HEADRACE_BUS,
    topicArn: read.HEADRACE_TOPIC_ARN,
    namespace: read.HEADRACE_NAMESPACE,
    recordRowsMax: read.HEADRACE_RECORD_ROWS_MAX,
  });
}
