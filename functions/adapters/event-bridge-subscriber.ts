import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Alert, AlertSubscriber } from '../../core/ports.ts';
import { type AlertEntry, alertCalls, type EntryFault, sendEntries } from './alert-entries.ts';
import type { RetryOptions } from './retry.ts';

/** What the bus is reached through. */
export interface EventBridgeSubscriberOptions {
  readonly client: EventBridgeClient;
  readonly bus: string;
  readonly retry: RetryOptions;
}

/** Members of every event that rules on the bus match by; the detail is the alert's row. */
export const ALERT_SOURCE = 'headrace';
/** Detail type of alerts on the bus. */
export const ALERT_DETAIL_TYPE = 'alert';
/** Detail type of lists of alerts that were not told by themselves. */
export const SUMMARY_DETAIL_TYPE = 'alert-summary';

/** Alerts to an EventBridge bus, one event each. Only what the bus refused is sent again. Throws ServiceError. */
export class EventBridgeSubscriber implements AlertSubscriber {
  readonly name = 'bus';
  private readonly options: EventBridgeSubscriberOptions;

  constructor(options: EventBridgeSubscriberOptions) {
    this.options = options;
  }

  async send(alerts: readonly Alert[]): Promise<void> {
    const { bus, retry } = this.options;
    const call = { action: 'events:PutEvents', target: `event bus ${bus}` };
    for (const entries of alertCalls(alerts)) await sendEntries(entries, { retry, call, send: (left) => this.put(left) });
  }

  private async put(entries: readonly AlertEntry[]): Promise<EntryFault[]> {
    const { client, bus } = this.options;
    const command = new PutEventsCommand({
      Entries: entries.map(({ text, timeMs, kind }) => ({
        EventBusName: bus,
        Source: ALERT_SOURCE,
        DetailType: kind === 'summary' ? SUMMARY_DETAIL_TYPE : ALERT_DETAIL_TYPE,
        Detail: text,
        Time: new Date(timeMs),
      })),
    });
    const answer = await client.send(command);
    return entries.map((_, i) => {
      const { ErrorCode: code, ErrorMessage: message = '' } = answer.Entries?.[i] ?? {};
      return code === undefined ? undefined : { code, message };
    });
  }
}
