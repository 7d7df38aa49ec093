import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import type { Row } from '../../../core/ports.ts';
import { ServiceError } from '../../../functions/adapters/errors.ts';
import { EventBridgeSubscriber } from '../../../functions/adapters/event-bridge-subscriber.ts';
import { alertNo, alertSubscriberContract } from '../../contract/alert-subscriber.ts';
import { jsonService, patientRetry, type ServiceReply } from './json-server.ts';

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Time: number;
}

/** A bus that answers each entry with a code, or takes it; undefined: the whole call is refused. */
async function openBus(codeOf: (entry: Entry, count: number) => string | undefined | 'drop' = () => undefined) {
  const taken: Entry[] = [];
  const sizes: number[] = [];
  const service = await jsonService(({ input, count }): ServiceReply => {
    const entries = input['Entries'] as Entry[];
    sizes.push(entries.length);
    const codes = entries.map((entry) => codeOf(entry, count));
    if (codes.includes('drop')) return 'drop';
    taken.push(...entries.filter((_, i) => codes[i] === undefined));
    return { output: { Entries: codes.map((code) => (code === undefined ? { EventId: '1' } : { ErrorCode: code, ErrorMessage: 'no' })) } };
  });
  const retry = patientRetry(4);
  const subscriber = new EventBridgeSubscriber({ client: new EventBridgeClient(service.settings), bus: 'headrace-test', retry });
  const arrived = async (): Promise<Row[]> => taken.map(({ Detail }) => JSON.parse(Detail) as Row);
  return { subscriber, arrived, taken, sizes, retry };
}

alertSubscriberContract('EventBridge, over HTTP', () => openBus());

test('events carry bus, source, type and the time of the event', async () => {
  const { subscriber, taken } = await openBus();
  await subscriber.send([alertNo(500)]);
  expect(taken).toMatchObject([{ EventBusName: 'headrace-test', Source: 'headrace', DetailType: 'alert', Time: 1_765_000_000.5 }]);
});

test('a list of alerts has a type of its own, so that rules of the bus can tell it from an alert', async () => {
  const { subscriber, taken } = await openBus();
  await subscriber.send([alertNo(1, { kind: 'summary' })]);
  expect(taken).toMatchObject([{ DetailType: 'alert-summary' }]);
});

test('ten entries go at once at most, and no more than 256 KiB', async () => {
  const { subscriber, sizes } = await openBus();
  await subscriber.send(Array.from({ length: 23 }, (_, i) => alertNo(i)));
  await subscriber.send(Array.from({ length: 4 }, (_, i) => alertNo(i, { reason: 'x'.repeat(100_000) })));
  expect(sizes).toEqual([10, 10, 3, 2, 2]);
});

test('only refused entries are sent again', async () => {
  const { subscriber, arrived, sizes } = await openBus(({ Detail }, count) =>
    count === 1 && Detail.includes('"event_id":"e3"') ? 'ThrottlingException' : undefined,
  );
  await subscriber.send(Array.from({ length: 5 }, (_, i) => alertNo(i)));
  expect(sizes).toEqual([5, 1]);
  expect((await arrived()).map((row) => row['event_id'])).toEqual(['e0', 'e1', 'e2', 'e4', 'e3']);
});

test('an entry that is refused for good is an error that names the bus, at once', async () => {
  const { subscriber, sizes } = await openBus(() => 'AccessDeniedException');
  const error: unknown = await subscriber.send([alertNo(1)]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ServiceError);
  expect(error).toMatchObject({
    fault: 'ACCESS_DENIED',
    message: expect.stringContaining('events:PutEvents on event bus headrace-test') as string,
  });
  expect(sizes).toEqual([1]);
});

test('a bus that does not answer is unreachable after the last try', async () => {
  const { subscriber, retry } = await openBus(() => 'drop');
  await expect(subscriber.send([alertNo(1)])).rejects.toMatchObject({ fault: 'UNREACHABLE' });
  expect(retry.waits).toHaveLength(3);
});
