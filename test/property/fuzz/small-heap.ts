import { Worker } from 'node:worker_threads';
import type { FuzzOptions, FuzzReport } from './run.ts';

/**
 * As in a small function: with the default heap, garbage that nobody has collected yet would be most of what is measured. The stack is
 * that of a main thread. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 12, stackSizeMb: 1 };

type Message = { readonly done: number } | { readonly report: FuzzReport };

/** Runs the fuzzer with a small heap. Resident memory in the report is that of the whole process all the same. */
export function fuzzInSmallHeap({ inputs, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { inputs, seed }, resourceLimits: RESOURCE_LIMITS });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`the fuzzer ended with exit code ${code} before it was done`)));
    worker.on('message', (message: Message) => {
      if ('report' in message) resolve(message.report);
      else onProgress?.(message.done);
    });
  });
}
