import { describe, expect, test } from 'vitest';
import { CARDS, type Payment, PLACES, RECORD_PLACES } from '../../e2e/cards/places.ts';
import { leaksIn } from '../../e2e/cards/scan.ts';
import { paymentsWorld } from '../payments-world.ts';
import { recordOf, type World } from '../world.ts';

const SHARD = 'shardId-000000000000';
const payment: Payment = { id: 'p1', time: '2026-01-01T00:00:00Z', customer: 'ada' };

async function putRecord(world: World, n: number, { key, data }: { readonly key: string; readonly data: Uint8Array }): Promise<void> {
  const record = recordOf(SHARD, n, ['']);
  const kinesis = { ...record.kinesis, partitionKey: key, data: Buffer.from(data).toString('base64') };
  await world.process({ Records: [{ ...record, kinesis }] });
}

/** All rows that were delivered, kept bytes decoded. */
function delivered(world: World): string {
  const rows = [...world.lake.tables.values()].flatMap((table) => [...table.values()]);
  const kept = rows.map(({ data }) => Buffer.from(String(data ?? ''), 'base64'));
  return [JSON.stringify(rows), ...kept.flatMap((bytes) => [bytes.toString('utf8'), bytes.toString('utf16le')])].join('\n');
}

const codesOf = (world: World): unknown[] => [...(world.lake.tables.get('quarantine')?.values() ?? [])].map(({ code }) => code);

const places = [
  ...Object.entries(PLACES).map(
    ([name, place]) => [name, (card: string) => ({ key: 'ada', data: Buffer.from(place(payment, card)) })] as const,
  ),
  ...Object.entries(RECORD_PLACES).map(([name, place]) => [name, (card: string) => place(payment, card)] as const),
];

describe('a card number is refused and masked', () => {
  test.each(places)('in %s', async (_, recordWith) => {
    const world = paymentsWorld();
    for (const [n, card] of CARDS.entries()) await putRecord(world, n + 1, recordWith(card));
    expect(codesOf(world)).toEqual(CARDS.map(() => 'CARD_NUMBER'));
    expect(leaksIn('', delivered(world))).toEqual([]);
  });

  test('and refused again when its masked record comes again', async () => {
    const world = paymentsWorld();
    await putRecord(world, 1, RECORD_PLACES['a partition key']?.(payment, CARDS[0] ?? '') ?? { key: '', data: Buffer.alloc(0) });
    const [row] = [...(world.lake.tables.get('quarantine')?.values() ?? [])];
    await putRecord(world, 2, { key: String(row?.partition_key), data: Buffer.from(String(row?.data), 'base64') });
    expect(codesOf(world)).toEqual(['CARD_NUMBER', 'CARD_NUMBER']);
  });

  test('with the member it was in, and without digits of it but the last four', async () => {
    const world = paymentsWorld();
    await putRecord(world, 1, { key: 'ada', data: Buffer.from('{"type":"transaction","note":"my 4111 1111 1111 1111"}') });
    const [row] = [...(world.lake.tables.get('quarantine')?.values() ?? [])];
    expect(row).toMatchObject({ path: 'note', code: 'CARD_NUMBER' });
    expect(row?.message).toBe(
      'card number: got "[card **1111] at byte 33"; allowed: no card number in any field or key; send a token in its place',
    );
  });

  test('and the other events of its aggregate go on', async () => {
    const world = paymentsWorld();
    const good = { type: 'transaction', event_time: payment.time, customer_id: 'ada', terminal_id: 't', amount: '1.00', currency: 'EUR' };
    const events = [
      { ...good, event_id: 'a' },
      { ...good, event_id: 'b', note: CARDS[0] },
      { ...good, event_id: 'c' },
    ];
    await world.process({ Records: [recordOf(SHARD, 1, events)] });
    expect(world.lake.tables.get('transactions')?.size).toBe(2);
    expect(codesOf(world)).toEqual(['CARD_NUMBER']);
  });
});
