import { parentPort, workerData } from 'node:worker_threads';
import { UsageError } from '../../core/errors.ts';
import { judgeShare } from './judge-share.ts';
import type { BacktestMessage, BacktestStart } from './messages.ts';

function say(message: BacktestMessage): void {
  parentPort?.postMessage(message);
}

try {
  say({ kind: 'done', share: await judgeShare(workerData as BacktestStart) });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say({ kind: 'failed', isUsage: error instanceof UsageError, message });
}
