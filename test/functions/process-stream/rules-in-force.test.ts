import { expect, test } from 'vitest';
import { appendChange } from '../../../lake/rules/log.ts';
import { keepSet } from '../../../lake/rules/sets.ts';
import { atMs, paymentsWorld, transaction } from '../payments-world.ts';
import { recordOf, type World } from '../world.ts';

const SHARDS = ['shardId-000000000000', 'shardId-000000000001'];
const FROM_S = 600;

/** Puts rules that never fire in force for events from `FROM_S` seconds on. */
async function calmRules(world: World): Promise<void> {
  const rules = world.ruleList.map((rule) => ({ ...rule, version: 2, condition: 'event.amount_minor > 9000000' }));
  await keepSet(world.objects, { version: 'v2', rules, lists: [] });
  const change = {
    kind: 'active',
    version: 'v2',
    source: 'command',
    by: 'ada',
    why: 'test',
    atMs: 0,
    fromMs: atMs(FROM_S),
    changes: [],
  } as const;
  await appendChange(world.objects, () => change);
}

const dear = (id: string, seconds: number, customer: string) => transaction(id, seconds, { customer_id: customer, amount: '99.00' });

function versions(world: World): Record<string, unknown> {
  const rows = [...(world.lake.tables.get('decisions')?.values() ?? [])];
  return Object.fromEntries(rows.map((row) => [row['event_id'], `${row['rule_set_version']} ${row['outcome']}`]));
}

test('every shard judges an event by the rules of its time, whichever instance, whenever it comes', async () => {
  const world = paymentsWorld();
  world.shards = SHARDS.map((shardId) => ({ shardId, parents: [], open: true }));
  const [a, b] = [world.process, world.restart()];
  await a({ Records: [recordOf(SHARDS[0] ?? '', 1, [dear('before', 10, 'c0')])] });
  await calmRules(world);
  // It has not looked at the log since, and need not for events that are before the change.
  await a({ Records: [recordOf(SHARDS[0] ?? '', 2, [dear('unaware', 20, 'c0')])] });
  world.nowMs += 60_000;
  for (const [shard, process] of [a, b].entries()) {
    const last = dear(`last-${shard}`, FROM_S - 1, `c${shard}`);
    const first = dear(`first-${shard}`, FROM_S, `c${shard}`);
    const disordered = dear(`disordered-${shard}`, FROM_S - 5, `c${shard}`);
    await process({ Records: [last, first, disordered].map((event, i) => recordOf(SHARDS[shard] ?? '', 10 + i, [event])) });
  }
  expect(versions(world)).toEqual({
    ...{ before: 'v1 review', unaware: 'v1 review' },
    ...Object.fromEntries(
      [0, 1].flatMap((n) => [
        [`last-${n}`, 'v1 review'],
        [`first-${n}`, 'v2 approve'],
        [`disordered-${n}`, 'v1 review'],
      ]),
    ),
  });
});

test('a batch that was begun ends with the rules it was begun with', async () => {
  const world = paymentsWorld();
  const records = { Records: [recordOf(SHARDS[0] ?? '', 1, [dear('once', FROM_S + 1, 'c0')])] };
  world.lake.deliver = async () => {
    throw new Error('the delivery is down');
  };
  await expect(world.process(records)).rejects.toThrow('the delivery is down');
  await calmRules(world);
  world.nowMs += 60_000;
  const { deliver } = Object.getPrototypeOf(world.lake) as typeof world.lake;
  world.lake.deliver = deliver;
  await world.restart()(records);
  expect(versions(world)).toEqual({ once: 'v1 review' });
});
