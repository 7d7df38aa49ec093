import type { ObjectStore, StoredBody } from '../../core/ports.ts';
import { appendChange, earliestMs } from '../../lake/rules/log.ts';
import { keepSet } from '../../lake/rules/sets.ts';
import { MemoryObjectStore } from '../../local/objects/memory.ts';
import type { Actor } from './actor.ts';
import { BUILDS } from './pipeline.ts';

/** The rules of a world: objects that instances read through calls that fail, and one change on the way. */
export class SimRules {
  private readonly objects = new MemoryObjectStore();
  /** First event time of the other rules; undefined before anybody has changed them. */
  changedFromMs: number | undefined;

  /** Puts other rules on the log, as early as that may be where events are so far ahead of now. */
  async change(nowMs: number, aheadMs: number): Promise<void> {
    const { rules } = BUILDS[1];
    const fromMs = earliestMs(nowMs, aheadMs);
    await keepSet(this.objects, rules);
    const log = await appendChange(this.objects, (before) =>
      before.length === 0
        ? undefined
        : { kind: 'active', version: rules.version, source: 'command', by: 'op', why: 'test', atMs: nowMs, fromMs, changes: [] },
    );
    if (log.length > 1) this.changedFromMs = fromMs;
  }

  /** The objects as an instance reaches them: reading takes time and fails; the first writes are a deployment's, and do not. */
  seenBy(actor: Actor): ObjectStore {
    const { objects } = this;
    return {
      get: async (key) => actor.call<Promise<StoredBody | undefined>>('rules', { whole: () => objects.get(key), isRead: true }),
      list: (prefix) => objects.list(prefix),
      put: (key, body) => objects.put(key, body),
      putIf: (key, body, expected) => objects.putIf(key, body, expected),
      remove: (key) => objects.remove(key),
    };
  }
}
