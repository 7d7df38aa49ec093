import { parentPort, workerData } from 'node:worker_threads';
import { UsageError } from '../../core/errors.ts';
import { kinesisSource } from '../../functions/adapters/kinesis-source.ts';
import { streamClient } from '../stream/client.ts';
import { runFeed } from './feed.ts';
import { Gate } from './gate.ts';
import type { FeederCommand, FeederMessage, FeederStart } from './messages.ts';
import { kinesisPut } from './put.ts';
import { fileEvents } from './read.ts';

const start = workerData as FeederStart;
const stop = new AbortController();
const gate = new Gate(start.aheadBytesMax);

function say(message: FeederMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (command: FeederCommand) => {
  if (command.kind === 'processed') gate.processed(command.bytes);
  if (command.kind === 'starving') gate.starving();
  if (command.kind === 'stop') {
    stop.abort();
    gate.open();
  }
});

async function feed(): Promise<void> {
  const { endpoint, stream, inputs, shape, importSql, spillPath, feedId, tails, tileMs, packBytes, futureLimitMs } = start;
  const writer = streamClient({ endpoint, attemptsMax: 1 });
  const reader = streamClient({ endpoint });
  const state = await runFeed({
    events: fileEvents(inputs, { shape, importSql, spillPath }),
    source: kinesisSource(reader, stream),
    put: kinesisPut(writer, stream),
    feedId,
    tails,
    tileMs,
    packBytes,
    futureLimitMs,
    gate: (bytesPut) => gate.wait(bytesPut),
    random: Math.random,
    onOversize: (event) => say({ kind: 'oversize', event }),
    onState: (now) => say({ kind: 'state', state: now }),
    signal: stop.signal,
  });
  const cpu = process.threadCpuUsage();
  say({ kind: 'finished', state, cpuMs: (cpu.user + cpu.system) / 1000 });
  writer.destroy();
  reader.destroy();
}

feed()
  .catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    say({ kind: 'failed', usage: error instanceof UsageError, message });
  })
  .finally(() => parentPort?.close());
