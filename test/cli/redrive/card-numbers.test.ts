import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { headrace } from '../command-line.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CARD = '4111111111111111';
const fields = { event_time: '2026-01-05T10:00:00Z', terminal_id: 't', amount: '1.00', currency: 'EUR' };
const MASKED = String.raw`\[card \*\*1111\]`;

test('a masked record is refused again as it is, and goes under its own key once a token is in the place of the number', async () => {
  const input = join(root, 'payments.ndjson');
  const data = join(root, 'data');
  writeFileSync(input, `${JSON.stringify({ type: 'transaction', event_id: 'p1', customer_id: CARD, ...fields })}\n`);
  expect((await headrace('run', '--input', input, '--data', data, '--keep-open')).code).toBe(0);
  const redrive = ['quarantine', 'redrive', '--data', data, '--code', 'CARD_NUMBER', '--json'];
  const refused = JSON.parse((await headrace(...redrive)).out) as { sent: number; not_sent: { code: string }[] };
  expect(refused).toMatchObject({ sent: 0, not_sent: [{ code: 'CARD_NUMBER' }] });
  const mended = await headrace(...redrive, '--through', `sed 's/${MASKED}/card_k1_abc/'`);
  expect(JSON.parse(mended.out), mended.err).toMatchObject({ sent: 1 });
  const { out } = await headrace('query', '--data', data, '--format', 'csv', "SELECT partition_key FROM archive WHERE lane = 'accepted'");
  expect(out).toContain('card_k1_abc');
}, 60_000);

test('a message that quotes its input hides a card number in it', async () => {
  const { code, err } = await headrace('query', '--data', join(root, 'data'), `SELECT '${CARD}'::INTEGER`);
  expect(code).not.toBe(0);
  expect(err).toContain('[card **1111]');
  expect(err).not.toContain(CARD);
}, 60_000);
