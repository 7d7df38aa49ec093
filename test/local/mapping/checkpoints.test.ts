import { describe, expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import type { StateWrite } from '../../../core/ports.ts';
import { Checkpoints } from '../../../local/mapping/checkpoints.ts';
import { MemoryStore, MemoryStream } from './memory.ts';

const { identity } = new MemoryStream(1);
const at = (sequence: string): { sequence: string; drained: boolean } => ({ sequence, drained: false });

/** A store whose next put fails, before or after it applied. */
class FaultyStore extends MemoryStore {
  fault: 'before' | 'after' | undefined;

  override async put(writes: readonly StateWrite[]): Promise<boolean[]> {
    const { fault } = this;
    this.fault = undefined;
    if (fault === 'before') throw new RetriableError('not reached');
    const applied = await super.put(writes);
    if (fault === 'after') throw new RetriableError('answer lost');
    return applied;
  }
}

describe('checkpoints', () => {
  test('what was flushed is what the next start reads', async () => {
    const store = new MemoryStore();
    const first = await Checkpoints.load(store, identity);
    first.set('a', at('5'));
    first.set('b', { sequence: undefined, drained: true });
    await first.flush();
    const second = await Checkpoints.load(store, identity);
    expect(second.get('a')).toEqual(at('5'));
    expect(second.get('b')).toEqual({ sequence: undefined, drained: true });
    expect(second.sequences()).toEqual(new Map([['a', '5']]));
  });

  test('many positions of one shard gather into few writes', async () => {
    const store = new MemoryStore();
    const checkpoints = await Checkpoints.load(store, identity);
    for (let sequence = 1; sequence <= 500; sequence++) checkpoints.set('a', at(String(sequence)));
    await checkpoints.flush();
    expect(store.puts).toBeLessThan(5);
    expect((await Checkpoints.load(store, identity)).get('a')).toEqual(at('500'));
  });

  test('another mapping that moved a checkpoint stops this one', async () => {
    const store = new MemoryStore();
    const ours = await Checkpoints.load(store, identity);
    const theirs = await Checkpoints.load(store, identity);
    theirs.set('a', at('7'));
    await theirs.flush();
    ours.set('a', at('3'));
    await expect(ours.flush()).rejects.toThrow('only one may run');
    expect(() => ours.set('a', at('4'))).toThrow('only one may run');
    expect((await Checkpoints.load(store, identity)).get('a')).toEqual(at('7'));
  });

  test.each(['before', 'after'] as const)('a put that fails %s it applied is made good by the next flush', async (fault) => {
    const store = new FaultyStore();
    const checkpoints = await Checkpoints.load(store, identity);
    checkpoints.set('a', at('1'));
    store.fault = fault;
    await expect(checkpoints.flush()).rejects.toThrow(RetriableError);
    checkpoints.set('a', at('2'));
    await checkpoints.flush();
    expect((await Checkpoints.load(store, identity)).get('a')).toEqual(at('2'));
  });
});
