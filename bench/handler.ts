import { parseArgs } from 'node:util';
import { paymentsOf, wireText } from './cards/events.ts';
import { createProduct } from './cards/product.ts';
import { BATCH_EVENTS, type Packing, payloadsOf } from './cards/records.ts';

/** Measures the processor whole, from the payload of an invocation to its rows, over ports in memory: CPU an event, and how long batches take. */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    'warm-up': { type: 'string', default: '60000' },
    packing: { type: 'string', default: 'plain' },
    seed: { type: 'string', default: '1' },
  },
});

const [events, warmUp] = [Number(values.events), Number(values['warm-up'])];
const lines: Buffer[] = [];
for (const payment of paymentsOf(Number(values.seed))) {
  if (lines.push(Buffer.from(wireText(payment))) === events + warmUp) break;
}
const payloads = [...payloadsOf(lines, values.packing as Packing)];
lines.length = 0;
const product = await createProduct();
const warm = warmUp / BATCH_EVENTS;
for (const payload of payloads.slice(0, warm)) await product.handle(payload);
product.delivery.counts.clear();
globalThis.gc?.();
const times: number[] = [];
const before = process.cpuUsage();
for (const payload of payloads.slice(warm)) {
  const startMs = performance.now();
  await product.handle(payload);
  times.push(performance.now() - startMs);
}
const { user, system } = process.cpuUsage(before);
times.sort((a, b) => a - b);
const figures = {
  ...{ packing: values.packing, events, cpu_us_per_event: (user + system) / events },
  ...{ batch_ms_p50: times[times.length >> 1], batch_ms_p99: times[Math.floor(times.length * 0.99)] },
  ...{ rows: Object.fromEntries(product.delivery.counts), rss_mb_max: Math.round(process.resourceUsage().maxRSS / 1_024) },
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
