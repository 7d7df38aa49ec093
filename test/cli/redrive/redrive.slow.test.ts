import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { headrace } from '../command-line.ts';
import { filledFolder, payment } from '../payments.ts';
import { ended, launch, said } from '../process.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DATA = join(root, 'data');
const REPAIR = `sed 's/12,5/12.5/'`;

async function totals(data: string): Promise<Record<string, number>> {
  const { code, out, err } = await headrace('ledger', '--data', data, '--json');
  expect(code, out + err).toBe(0);
  return (JSON.parse(out) as { total: Record<string, number> }).total;
}

async function redriven(...args: readonly string[]): Promise<{ code: number; report: Record<string, unknown> }> {
  const { code, out, err } = await headrace('quarantine', 'redrive', '--json', ...args);
  expect(err).toBe('');
  return { code, report: JSON.parse(out) as Record<string, unknown> };
}

async function idOfCode(data: string, code: string): Promise<string> {
  const { out } = await headrace('quarantine', 'list', '--data', data, '--code', code, '--json');
  const { events } = JSON.parse(out) as { events: { shard_id: string; sequence: string; sub_sequence: number }[] };
  return `${events[0]?.shard_id}:${events[0]?.sequence}:${events[0]?.sub_sequence}`;
}

describe('a data folder at rest', () => {
  beforeAll(() => filledFolder(DATA, join(root, 'payments.ndjson')));

  test('events that would be refused again are not sent: the ledger stays, the reasons are named, exit code 1', async () => {
    const before = await totals(DATA);
    const { code, report } = await redriven('--data', DATA, '--all');
    expect(code).toBe(1);
    expect(report).toMatchObject({ selected: 3, sent: 0, left_out: 0 });
    expect((report['not_sent'] as { code: string }[]).map((one) => one.code).sort()).toEqual([
      'AMOUNT_SYNTAX',
      'FIELD_MISSING',
      'JSON_SYNTAX',
    ]);
    expect(await totals(DATA)).toEqual(before);
  });

  test('a fix that gives an event another id is not sent: its repeats would no longer be found', async () => {
    const before = await totals(DATA);
    const args = ['--data', DATA, '--code', 'AMOUNT_SYNTAX', '--through', `${REPAIR} | sed 's/"p3"/"p33"/'`];
    const { code, report } = await redriven(...args);
    expect({ code, ...report }).toMatchObject({ code: 1, sent: 0, not_sent: [{ code: 'ID_CHANGED' }] });
    expect(await totals(DATA)).toEqual(before);
  });

  test('--dry-run sends nothing', async () => {
    const before = await totals(DATA);
    const { code, report } = await redriven('--data', DATA, '--code', 'AMOUNT_SYNTAX', '--through', REPAIR, '--dry-run');
    expect({ code, ...report }).toMatchObject({ code: 0, selected: 1, sent: 1 });
    expect(await totals(DATA)).toEqual(before);
  });

  test('a mended event is a new record of its old key, accepted once; the second time it is a duplicate', async () => {
    const args = ['--data', DATA, '--code', 'AMOUNT_SYNTAX', '--through', REPAIR];
    expect(await redriven(...args)).toEqual({ code: 0, report: { selected: 1, sent: 1, left_out: 0, not_sent: [] } });
    expect(await totals(DATA)).toMatchObject({ seen: 7, accepted: 3, late: 0, duplicate: 1, quarantined: 3 });
    expect(await redriven(...args)).toMatchObject({ code: 0, report: { sent: 1 } });
    expect(await totals(DATA)).toMatchObject({ seen: 8, accepted: 3, duplicate: 2, quarantined: 3 });
    const sql = `SELECT partition_key, amount_minor FROM transactions WHERE event_id = 'p3'`;
    expect((await headrace('query', sql, '--data', DATA, '--format', 'csv')).out).toBe('partition_key,amount_minor\r\nada,1250\r\n');
  });

  test('--fixes sends what stands in the file, for the ids that stand there', async () => {
    const fixes = join(root, 'fixes.ndjson');
    const [missing, syntax] = [await idOfCode(DATA, 'FIELD_MISSING'), await idOfCode(DATA, 'JSON_SYNTAX')];
    const lines = [
      { id: missing, event: JSON.parse(payment('p4', 5, '4.00')) as unknown },
      { id: syntax, event: payment('p5', 6, '5.00') },
    ];
    writeFileSync(fixes, lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(await redriven('--data', DATA, '--fixes', fixes)).toMatchObject({ code: 0, report: { selected: 2, sent: 2 } });
    expect(await totals(DATA)).toMatchObject({ seen: 10, accepted: 5, quarantined: 3 });
    writeFileSync(fixes, JSON.stringify({ id: 'shard:1:0', event: 'x' }));
    expect(await headrace('quarantine', 'redrive', '--data', DATA, '--fixes', fixes)).toMatchObject({ code: 2 });
    writeFileSync(fixes, `${JSON.stringify(lines[0])}\n${JSON.stringify(lines[0])}\n`);
    expect((await headrace('quarantine', 'redrive', '--data', DATA, '--fixes', fixes)).err).toContain('line 2');
  });

  test('a command that fails keeps its event, one that writes nothing leaves it out, the words say so', async () => {
    const failing = await redriven('--data', DATA, '--code', 'BAD_UTF8', '--through', 'exit 3');
    expect(failing).toMatchObject({ code: 0, report: { selected: 0 } });
    const id = await idOfCode(DATA, 'AMOUNT_SYNTAX');
    const { code, out } = await headrace('quarantine', 'redrive', id, '--data', DATA, '--through', 'exit 3');
    expect(code).toBe(1);
    expect(out).toContain('COMMAND_FAILED  the command ended with code 3');
    expect(await redriven(id, '--data', DATA, '--through', 'cat > /dev/null')).toMatchObject({ code: 0, report: { left_out: 1, sent: 0 } });
    const named = await headrace(
      'quarantine',
      'redrive',
      id,
      '--data',
      DATA,
      '--dry-run',
      '--through',
      `${REPAIR}; test "$HEADRACE_EVENT" = '${id}'`,
    );
    expect(named.out).toMatch(/^would be sent +1$/m);
  });
});

describe('a data folder that headrace up has', () => {
  test('takes mended events at its endpoint, and refuses a second process without one', async () => {
    const data = join(root, 'live');
    await filledFolder(data, join(root, 'live.ndjson'));
    const up = launch('cli/headrace.mjs', ['up', '--data', data, '--port', '0', '--flush-seconds', '1', '--json']);
    const end = ended(up);
    const { endpoint } = JSON.parse(await said(up, 'endpoint')) as { endpoint: string };
    const args = ['--data', data, '--code', 'AMOUNT_SYNTAX', '--through', REPAIR];
    const blind = await headrace('quarantine', 'redrive', ...args);
    expect(blind).toMatchObject({ code: 2, out: '' });
    expect(blind.err).toContain('--endpoint');
    expect(await redriven(...args, '--endpoint', endpoint)).toMatchObject({ code: 0, report: { sent: 1 } });
    up.kill('SIGINT');
    expect((await end).code).toBe(0);
    expect(await totals(data)).toMatchObject({ seen: 7, accepted: 3, quarantined: 3 });
  }, 240_000);

  test('an endpoint that nobody answers is one line and exit code 1', async () => {
    const { code, err } = await headrace(
      ...['quarantine', 'redrive', '--data', DATA, '--code', 'AMOUNT_SYNTAX', '--through', REPAIR, '--endpoint', 'http://127.0.0.1:1'],
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^headrace quarantine: kinesis:\w+ on stream payments failed .*endpoint[^\n]*\n$/);
  });
});
