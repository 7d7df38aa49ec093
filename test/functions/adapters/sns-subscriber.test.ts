import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect, onTestFinished, test } from 'vitest';
import type { Row } from '../../../core/ports.ts';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import { SnsSubscriber } from '../../../functions/adapters/sns-subscriber.ts';
import { alertNo, alertSubscriberContract } from '../../contract/alert-subscriber.ts';
import { patientRetry } from './json-server.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:headrace-test';

interface Message {
  readonly id: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function messagesOf(body: string): Message[] {
  const form = new URLSearchParams(body);
  const messages: Message[] = [];
  for (let i = 1; form.has(`PublishBatchRequestEntries.member.${i}.Id`); i += 1) {
    const prefix = `PublishBatchRequestEntries.member.${i}`;
    const attributes: Record<string, string> = {};
    for (let j = 1; form.has(`${prefix}.MessageAttributes.entry.${j}.Name`); j += 1) {
      const entry = `${prefix}.MessageAttributes.entry.${j}`;
      attributes[form.get(`${entry}.Name`) ?? ''] = form.get(`${entry}.Value.StringValue`) ?? '';
    }
    messages.push({ id: form.get(`${prefix}.Id`) ?? '', text: form.get(`${prefix}.Message`) ?? '', attributes });
  }
  return messages;
}

const members = (name: string, texts: readonly string[]): string =>
  `<${name}>${texts.map((text) => `<member>${text}</member>`).join('')}</${name}>`;

/** A topic that refuses messages with the code that `codeOf` gives. */
async function openTopic(codeOf: (message: Message, call: number) => string | undefined = () => undefined) {
  const taken: Message[] = [];
  const sizes: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const messages = messagesOf(Buffer.concat(parts).toString());
      sizes.push(messages.length);
      const codes = messages.map((message) => codeOf(message, sizes.length));
      taken.push(...messages.filter((_, i) => codes[i] === undefined));
      const good = messages.flatMap(({ id }, i) => (codes[i] === undefined ? [`<Id>${id}</Id><MessageId>m</MessageId>`] : []));
      const bad = messages.flatMap(({ id }, i) =>
        codes[i] === undefined ? [] : [`<Id>${id}</Id><Code>${codes[i]}</Code><Message>no</Message><SenderFault>false</SenderFault>`],
      );
      const result = `<PublishBatchResult>${members('Successful', good)}${members('Failed', bad)}</PublishBatchResult>`;
      response.setHeader('content-type', 'text/xml');
      response.end(`<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${result}</PublishBatchResponse>`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = new SNSClient({
    ...clientOptions(2_000),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const subscriber = new SnsSubscriber({ client, topicArn: TOPIC, retry: patientRetry(4) });
  return { subscriber, arrived: async (): Promise<Row[]> => taken.map(({ text }) => JSON.parse(text) as Row), taken, sizes };
}

alertSubscriberContract('SNS, over HTTP', () => openTopic());

test('messages carry rule and outcome for filters, ten at once', async () => {
  const { subscriber, taken, sizes } = await openTopic();
  await subscriber.send(Array.from({ length: 12 }, (_, i) => alertNo(i)));
  expect(sizes).toEqual([10, 2]);
  expect(taken[0]?.attributes).toEqual({ rule_id: 'busy-or-dear', outcome: 'review', kind: 'alert' });
});

test('only failed messages are published again', async () => {
  const { subscriber, arrived, sizes } = await openTopic(({ id }, call) => (call === 1 && id !== '1' ? 'InternalError' : undefined));
  await subscriber.send([0, 1, 2].map((n) => alertNo(n)));
  expect(sizes).toEqual([3, 2]);
  expect((await arrived()).map((row) => row['event_id'])).toEqual(['e1', 'e0', 'e2']);
});

test('a message that fails for good is an error that names the topic', async () => {
  const { subscriber } = await openTopic(() => 'KMSDisabled');
  await expect(subscriber.send([alertNo(1)])).rejects.toMatchObject({
    fault: 'KEY_UNUSABLE',
    message: expect.stringContaining(`sns:Publish on topic ${TOPIC}`) as string,
  });
});
