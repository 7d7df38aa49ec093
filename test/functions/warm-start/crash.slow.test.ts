import { expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import type { ItemKey } from '../../../core/ports.ts';
import type { KinesisRecord } from '../../../functions/kinesis-event.ts';
import type { WarmPorts } from '../../../functions/warm-start/ports.ts';
import { startWarm } from '../../../functions/warm-start/warm.ts';
import type { World } from '../world.ts';
import { bothWays, FIRST, recordOfRings, SECOND, tell, warmed, warmPorts, worldOf } from './world.ts';

/** Begins a batch and lets it die at one of its calls; false if it came to its end before. */
async function cutOff(world: World, batch: readonly KinesisRecord[], call: number, isAfter: boolean): Promise<boolean> {
  world.faults.failAt = world.faults.calls + call;
  world.faults.isAfter = isAfter;
  try {
    await world.process({ Records: [...batch] });
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(RetriableError);
    return true;
  } finally {
    world.faults.failAt = Number.POSITIVE_INFINITY;
  }
}

test.each([false, true])(
  'events of a batch that was cut off at any call count once (after it took effect: %s)',
  async (isAfter) => {
    for (let call = 1; ; call += 1) {
      let isCut = false;
      const to = async (world: World, batch: readonly KinesisRecord[], stream: readonly KinesisRecord[]): Promise<World> => {
        isCut = await cutOff(world, batch, call, isAfter);
        const next = worldOf(SECOND, world);
        expect((await warmed(next, stream)).features).toContain('since_last_1h');
        return next;
      };
      const { always, changed } = await bothWays({ seed: 11, records: 420, handover: { at: 180, to } });
      expect(changed, `cut off at call ${call}`).toEqual(always);
      if (!isCut) {
        expect(call).toBeGreaterThan(7);
        return;
      }
    }
  },
  600_000,
);

/** What the state of a world has of rings, and where its open tiles are; without the numbers of attempts. */
async function stateOf(world: World): Promise<unknown> {
  const keys = Array.from({ length: 6 }, (_, i): ItemKey => ({ pk: `profile#card-${i}`, sk: 'profile' }));
  const profiles = (await world.store.get(keys)).map((item) => item?.body);
  const open = (await world.store.query('shards#1')).map(({ body }) => {
    const { open: heads } = JSON.parse(body) as { open: Record<string, number[][]> };
    return Object.entries(heads).map(([name, list]) => [
      name,
      list.map(([start, generation, , ...lengths]) => [start, generation, lengths]),
    ]);
  });
  return { profiles, open: open.map((heads) => heads.sort()), record: await recordOfRings(world) };
}

class Death extends Error {}

/** Ports that die at a call. */
function mortal(ports: WarmPorts, diesAt: number): { readonly ports: WarmPorts; readonly calls: () => number } {
  let calls = 0;
  const wrapped = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          calls += 1;
          if (calls === diesAt) throw new Death();
          return value.apply(of, args);
        };
      },
    });
  const { objects, files } = ports.work;
  const doomed = { store: wrapped(ports.store), archive: wrapped(ports.archive), sql: wrapped(ports.sql) };
  return { ports: { ...ports, ...doomed, work: { objects: wrapped(objects), files: wrapped(files) } }, calls: () => calls };
}

test('a start that dies at any call is done again, and leaves the same', async () => {
  const story = { seed: 12, records: 151 };
  let landed: WarmPorts | undefined;
  const started = async (diesAt: number): Promise<{ readonly state: unknown; readonly calls: number }> => {
    const first = worldOf(FIRST);
    await warmed(first);
    let state: unknown;
    let calls = 0;
    const to = async (world: World): Promise<World> => {
      const next = worldOf(SECOND, world);
      // The same story lands the same, so that one lake does for all; what a try left in the work stays.
      const base = landed === undefined ? warmPorts(next) : { ...landed, store: next.store, land: async () => {} };
      landed = base;
      const dying = mortal(base, diesAt);
      const done = await startWarm(dying.ports, { acceptCold: false }).catch((error: unknown) => error);
      calls = dying.calls();
      if (done instanceof Death) {
        const ids = (await recordOfRings(next))?.tile.map(({ ringId }) => ringId) ?? [];
        expect(ids).not.toContain(next.plan.tileFeatures.rings.at(-1)?.ringId);
        await startWarm(base, { acceptCold: false });
      }
      state = await stateOf(next);
      return next;
    };
    await tell(first, { ...story, handovers: [{ at: 150, to }] });
    return { state, calls };
  };
  const whole = await started(Number.POSITIVE_INFINITY);
  expect(whole.calls).toBeGreaterThan(30);
  for (let at = 1; at <= whole.calls; at += 1) expect((await started(at)).state, `died at ${at}`).toEqual(whole.state);
}, 900_000);
