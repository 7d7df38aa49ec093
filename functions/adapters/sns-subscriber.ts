import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert, AlertSubscriber } from '../../core/ports.ts';
import { type AlertEntry, alertCalls, type EntryFault, sendEntries } from './alert-entries.ts';
import type { RetryOptions } from './retry.ts';

/** What the topic is reached through. */
export interface SnsSubscriberOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
  readonly retry: RetryOptions;
}

/** Alerts to an SNS topic, one message each: the row as JSON, rule, outcome and kind as attributes to filter by. Throws ServiceError. */
export class SnsSubscriber implements AlertSubscriber {
  readonly name = 'topic';
  private readonly options: SnsSubscriberOptions;

  constructor(options: SnsSubscriberOptions) {
    this.options = options;
  }

  async send(alerts: readonly Alert[]): Promise<void> {
    const { topicArn, retry } = this.options;
    const call = { action: 'sns:Publish', target: `topic ${topicArn}` };
    for (const entries of alertCalls(alerts)) await sendEntries(entries, { retry, call, send: (left) => this.publish(left) });
  }

  private async publish(entries: readonly AlertEntry[]): Promise<EntryFault[]> {
    const { client, topicArn } = this.options;
    const command = new PublishBatchCommand({
      TopicArn: topicArn,
      PublishBatchRequestEntries: entries.map(({ text, ruleId, outcome, kind }, i) => ({
        Id: String(i),
        Message: text,
        MessageAttributes: { rule_id: attribute(ruleId), outcome: attribute(outcome), kind: attribute(kind) },
      })),
    });
    const answer = await client.send(command);
    const failed = new Map((answer.Failed ?? []).map(({ Id: id, Code: code = '', Message: message = '' }) => [id, { code, message }]));
    return entries.map((_, i) => failed.get(String(i)));
  }
}

function attribute(value: string): { readonly DataType: 'String'; readonly StringValue: string } {
  return { DataType: 'String', StringValue: value };
}
