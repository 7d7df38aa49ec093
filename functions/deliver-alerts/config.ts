import { type Environment, readVariables } from '../environment.ts';

/** What the delivery of alerts is told. */
export interface DeliverAlertsConfig {
  readonly stateTable: string;
  readonly bus: string;
  readonly topicArn: string;
  readonly namespace: string;
}

/** Configuration of the delivery of alerts from its environment; frozen. Throws ConfigError. */
export function deliverAlertsConfig(environment: Environment): DeliverAlertsConfig {
  const read = readVariables(environment, ['HEADRACE_STATE_TABLE', 'HEADRACE_BUS', 'HEADRACE_TOPIC_ARN', 'HEADRACE_NAMESPACE']);
  return Object.freeze({
    stateTable: read.HEADRACE_STATE_TABLE,
    bus: read.HEADRACE_BUS,
    topicArn: read.HEADRACE_TOPIC_ARN,
    namespace: read.HEADRACE_NAMESPACE,
  });
}
