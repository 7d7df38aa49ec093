import { CreateEventBusCommand, DeleteEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, expect, test, vi } from 'vitest';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import { ServiceError } from '../../../functions/adapters/errors.ts';
import { EventBridgeSubscriber } from '../../../functions/adapters/event-bridge-subscriber.ts';
import { SnsSubscriber } from '../../../functions/adapters/sns-subscriber.ts';
import { alertNo, alertSubscriberContract } from '../../contract/alert-subscriber.ts';
import { IS_EMULATOR, retry, uniqueName } from './aws.ts';

const bridge = new EventBridgeClient(clientOptions(30_000));
const sns = new SNSClient(clientOptions(30_000));
const removals: (() => Promise<unknown>)[] = [];

async function openBus() {
  const bus = uniqueName('bus');
  await bridge.send(new CreateEventBusCommand({ Name: bus }));
  removals.push(() => bridge.send(new DeleteEventBusCommand({ Name: bus })));
  // What a bus or a topic took is seen only behind a rule or a subscription: the deployed stack shows that.
  return { subscriber: new EventBridgeSubscriber({ client: bridge, bus, retry }), arrived: undefined };
}

async function openTopic() {
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: uniqueName('topic') }));
  removals.push(() => sns.send(new DeleteTopicCommand({ TopicArn: topicArn })));
  return { subscriber: new SnsSubscriber({ client: sns, topicArn, retry }), arrived: undefined };
}

if (process.env['HEADRACE_AWS_CONTRACT'] === '1') {
  if (!IS_EMULATOR) vi.setConfig({ testTimeout: 120_000 });
  afterAll(async () => {
    for (const remove of removals.reverse()) await remove();
  });
  alertSubscriberContract('EventBridge', openBus);
  alertSubscriberContract('SNS', openTopic);
  test('a topic that is not there is an error that names it', async () => {
    const { subscriber } = await openTopic();
    await removals.pop()?.();
    await expect(subscriber.send([alertNo(1)])).rejects.toBeInstanceOf(ServiceError);
  });
} else {
  test('contracts of the alert subscribers on AWS', (context) =>
    context.skip('set HEADRACE_AWS_CONTRACT=1 and an AWS environment (an account, or an emulator named by AWS_ENDPOINT_URL)'));
}
