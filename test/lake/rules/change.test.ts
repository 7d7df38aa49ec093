import { describe, expect, test } from 'vitest';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Rule } from '../../../core/rules/rule.ts';
import { versionAt } from '../../../core/rules/schedule.ts';
import { adoptFiles } from '../../../lake/rules/adopt.ts';
import { openRuleBook } from '../../../lake/rules/book.ts';
import { approveChange, changeRules, readProposals, refuseChange, type WantedChange } from '../../../lake/rules/change.ts';
import { earliestMs, LOG_FRESH_MS, readLog } from '../../../lake/rules/log.ts';
import { type NamedRules, versionOf } from '../../../lake/rules/sets.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { pipeline as base, rule } from '../../core/rules/payments.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const WHY = { by: 'ada', why: 'because' };

const setOf = (...changes: Partial<Rule>[]): NamedRules => {
  const source = { rules: changes.map((change, i) => rule({ id: `r${i}`, ...change })), lists: [] };
  return { ...source, version: versionOf(source) };
};

async function begun(pipeline: Pipeline = base, rules = setOf({})) {
  const objects = new MemoryObjectStore();
  const world = { objects, pipeline, nowMs: NOW_MS, clock: () => world.nowMs };
  const book = await openRuleBook({ pipeline, rules }, objects, world.clock);
  const change = (wanted: Partial<WantedChange>) =>
    changeRules(world, { kind: 'active', rules: setOf({ status: 'paused' }), source: 'command', ...WHY, ...wanted });
  return { ...world, world, book, change };
}

describe('a change', () => {
  test('is in force no sooner than every processor knows of it, and says what it changes', async () => {
    const { change, objects } = await begun();
    const outcome = await change({});
    const fromMs = NOW_MS + LOG_FRESH_MS + 5 * 60_000 + base.time.futureMs;
    expect(outcome).toMatchObject({ change: { fromMs, by: 'ada', why: 'because', changes: ['rule r0 active to paused'] } });
    const log = await readLog(objects);
    expect([fromMs - 1, fromMs].map((ms) => versionAt(log, 'active', ms))).toEqual([
      setOf({}).version,
      setOf({ status: 'paused' }).version,
    ]);
  });

  test.each<[string, Partial<WantedChange>, RegExp]>([
    ['without a reason', { why: ' ' }, /--why: got "?nothing"?; allowed: a reason/],
    ['for a time that may have been judged', { fromMs: NOW_MS }, /--from: got "2026-03-01T12:00:00.000Z"; allowed: 2026-03-0.* or later/],
    ['to the same rules', { rules: setOf({}) }, /others than those that are in force/],
    ['of a rule under its old version', { rules: setOf({ points: 7 }) }, /rule r0: version: got 1; allowed: a version that no other text/],
    ['to rules that do not compile', { rules: setOf({ version: 2, condition: 'event.amonut_minor > 1' }) }, /amount_minor/],
    ['that ends a trial which never began', { kind: 'trial', rules: null }, /one while a rule set is on trial/],
  ])('%s is refused, and nothing changes', async (_name, wanted, message) => {
    const { change, objects } = await begun();
    const before = await readLog(objects);
    await expect(change(wanted)).rejects.toThrow(message);
    expect(await readLog(objects)).toEqual(before);
  });

  test('against another definition than the one that judges is refused', async () => {
    const { change, world } = await begun();
    world.pipeline = { ...base, version: 2 };
    await expect(change({})).rejects.toThrow(/definition: got "version 2"; allowed: version 1, which judges there/);
  });

  test('leads a rule only where its status leads: what was retired comes back as a higher version', async () => {
    const { change } = await begun(base, setOf({ status: 'retired' }, {}));
    await expect(change({ rules: setOf({}, {}) })).rejects.toThrow(
      /rule r0: status: got "active, while it is retired"; allowed: retired, or a higher version/,
    );
    await expect(change({ rules: setOf({ version: 2 }, {}) })).resolves.toMatchObject({
      change: { changes: ['rule r0 1 to 2, retired to active'] },
    });
  });
});

describe('where two people are asked for', () => {
  const asked = () => begun({ ...base, decision: { over: 'payment', reviewPoints: 4, declinePoints: 10, twoPeople: true } });

  test('a change waits, and is in force from the time of the second word at the earliest', async () => {
    const { change, world, objects } = await asked();
    const outcome = await change({});
    expect('proposal' in outcome).toBe(true);
    expect(await readLog(objects)).toHaveLength(1);
    const [{ id } = { id: '' }] = await readProposals(objects);
    await expect(approveChange(world, id, ' Ada')).rejects.toThrow(/--by: got " Ada"; allowed: somebody else than ada/);
    world.nowMs += 3_600_000;
    expect(await approveChange(world, id, 'bo')).toMatchObject({
      checkedBy: 'bo',
      by: 'ada',
      fromMs: earliestMs(world.nowMs, base.time.futureMs),
    });
    await expect(approveChange(world, id, 'bo')).rejects.toThrow(/allowed: none: nothing waits/);
    expect(await readLog(objects)).toHaveLength(2);
  });

  test('a change that was refused is gone; a trial needs one person', async () => {
    const { change, world, objects } = await asked();
    await change({});
    const [{ id } = { id: '' }] = await readProposals(objects);
    await refuseChange(world, id);
    await expect(approveChange(world, id, 'bo')).rejects.toThrow(/nothing waits/);
    expect(await change({ kind: 'trial' })).toMatchObject({ change: { kind: 'trial', changes: ['on trial: rule r0 active to paused'] } });
  });
});

describe('the book of a processor', () => {
  test('is read anew once it is old, and where a clock was set back; what cannot be read fails the batch', async () => {
    const { change, world, book, objects } = await begun();
    const first = await book.current();
    await change({});
    expect(await book.current()).toBe(first);
    world.nowMs += LOG_FRESH_MS;
    const second = await book.current();
    expect(second).toBe(`2@${setOf({ status: 'paused' }).version}`);
    await change({ rules: setOf({}) });
    world.nowMs -= 3_600_000;
    expect(await book.current()).toBe(`3@${setOf({}).version}`);
    world.nowMs += LOG_FRESH_MS;
    objects.get = async () => {
      throw new Error('out of reach');
    };
    await expect(book.current()).rejects.toThrow(/log of rule changes cannot be read.*out of reach/);
  });

  test('gives every name that was ever recorded', async () => {
    const { change, pipeline, objects, world } = await begun();
    await change({});
    const anew = await openRuleBook({ pipeline, rules: setOf({ version: 9 }) }, objects, world.clock);
    expect((await anew.of(setOf({}).version))?.rules[0]?.status).toBe('active');
    expect((await anew.of(`2@${setOf({ status: 'paused' }).version}`))?.rules[0]?.status).toBe('paused');
    await expect(anew.of('3@x')).rejects.toThrow(/rule set 3@x is not in the lake/);
  });
});

describe('files of the folder', () => {
  const adopt = (rules: NamedRules, objects: MemoryObjectStore, fromMs: number | null = 77) =>
    adoptFiles({ pipeline: base, rules }, { objects, clock: () => NOW_MS, by: 'ada', fromMs });

  test('are for all times at first; changed ones for what comes behind the newest event', async () => {
    const objects = new MemoryObjectStore();
    expect(await adopt(setOf({}), objects)).toMatchObject({ fromMs: null });
    expect(await adopt(setOf({}), objects)).toBeUndefined();
    expect(await adopt(setOf({ status: 'shadow' }), objects)).toMatchObject({ fromMs: 77, changes: ['rule r0 active to shadow'] });
  });

  test('that are as they were leave what commands have changed since', async () => {
    const { change, objects } = await begun();
    await change({});
    expect(await adopt(setOf({}), objects)).toBeUndefined();
    expect(await adopt(setOf({ owner: 'others' }), objects)).toMatchObject({ changes: ['rule r0 paused to active, owner desk to others'] });
  });

  test('with another text of a version that was in force are refused', async () => {
    const { objects } = await begun();
    await expect(adopt(setOf({ points: 9 }), objects)).rejects.toThrow(/rule r0: version: got 1/);
  });
});
