import { parentPort, workerData } from 'node:worker_threads';
import type { ProducerPlan, ToProducer } from './messages.ts';
import { Producer } from './producer.ts';

const producer = new Producer(workerData as ProducerPlan, (message) => parentPort?.postMessage(message));
parentPort?.on('message', (message: ToProducer) => {
  void producer.hear(message).then(() => {
    if (message.kind === 'finish') parentPort?.close();
  });
});
await producer.open();
