import { parentPort, workerData } from 'node:worker_threads';
import { type FuzzOptions, fuzz } from './run.ts';

// A thread of its own, because only a thread can be given a small heap without starting another process.
const { inputs, seed } = workerData as Pick<FuzzOptions, 'inputs' | 'seed'>;
parentPort?.postMessage({ report: fuzz({ inputs, seed, onProgress: (done) => parentPort?.postMessage({ done }) }) });
