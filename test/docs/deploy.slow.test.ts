import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { headrace } from '../cli/command-line.ts';
import { checkout, run, stepsOf } from './steps.ts';

const document = readFileSync('docs/deploy.md', 'utf8');

test('the cost command of the guide runs as written', () => {
  const [cost] = stepsOf(document, 'What it costs');
  const printed = run(cost?.command ?? 'false', checkout());
  expect(printed).toContain('100 events a second of 300 bytes');
  expect(printed).toContain('Met first, with one shard: Lambda: one batch of a shard at a time, 512 MB, at 416 events a second.');
});

interface Priced {
  readonly shards: number;
  readonly total_usd_month: number;
  readonly compaction_usd_month: number;
  readonly usd_per_million_events: number;
  readonly services: readonly { readonly service: string; readonly usd_month: number }[];
}

test('every figure of the cost table is the one that headrace cost prints', async () => {
  const rows = [...document.matchAll(/^\| (small|production) \| ([\d,]+) \| (.*) \|$/gm)];
  expect(rows).toHaveLength(6);
  for (const [line, size = '', rate = '', figures = ''] of rows) {
    const { out } = await headrace('cost', '--rate', rate.replaceAll(',', ''), '--bytes', '300', '--size', size, '--json');
    const { shards, total_usd_month, compaction_usd_month, usd_per_million_events, services } = JSON.parse(out) as Priced;
    const dynamo = services.find(({ service }) => service === 'DynamoDB')?.usd_month ?? 0;
    const whole = [shards, total_usd_month, dynamo, compaction_usd_month].map((value) => Math.round(value).toLocaleString('en-US'));
    expect(figures, line).toBe([...whole, usd_per_million_events.toFixed(2)].join(' | '));
  }
});

test('the stacks are synthesised as the guide says, without account and network', () => {
  const printed = run(`npx cdk synth --context env=dev --quiet --output ${checkout()} 2>&1`, '.');
  expect(printed).toContain('Successfully synthesized');
}, 240_000);
