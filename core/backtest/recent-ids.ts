import type { Event } from '../model.ts';

/** Ids of one key that have come, as long as the pipeline remembers them: a repeat in that time is none of its own. */
export class RecentIds {
  private readonly memoryMs: number;
  /** When each was accepted, epoch ms, by event type. */
  private readonly acceptedMs = new Map<string, Map<string, number>>();

  constructor(memoryMs: number) {
    this.memoryMs = memoryMs;
  }

  /** Whether an event repeats one that is remembered; if not, it is remembered from now on. Events come in order of time. */
  isRepeat({ type, id, timeMs }: Pick<Event, 'type' | 'id' | 'timeMs'>): boolean {
    let ofType = this.acceptedMs.get(type);
    if (ofType === undefined) {
      ofType = new Map();
      this.acceptedMs.set(type, ofType);
    }
    const knownMs = ofType.get(id);
    if (knownMs !== undefined && knownMs >= timeMs - this.memoryMs) return true;
    ofType.set(id, timeMs);
    return false;
  }
}
