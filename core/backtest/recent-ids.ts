import type { Event } from '../model.ts';

interface Known {
  readonly type: string;
  readonly key: string;
  readonly id: string;
  readonly timeMs: number;
  /** Another event with the same id, of another type or key. */
  readonly next: Known | undefined;
}

/** How many forgotten events are cut off at once. */
const CUT = 4_096;

/** Ids that have come, as long as the pipeline remembers them: a repeat in that time is none of its own. */
export class RecentIds {
  private readonly memoryMs: number;
  /** In order of their times, as events come; those before `oldest` are forgotten. */
  private inOrder: Known[] = [];
  private oldest = 0;
  private readonly byId = new Map<string, Known>();

  constructor(memoryMs: number) {
    this.memoryMs = memoryMs;
  }

  /** Whether an event repeats one that is remembered; if not, it is remembered from now on. Events come in order of time. */
  isRepeat({ type, key, id, timeMs }: Event): boolean {
    this.forgetBefore(timeMs - this.memoryMs);
    const first = this.byId.get(id);
    for (let known = first; known !== undefined; known = known.next) if (known.type === type && known.key === key) return true;
    const known = { type, key, id, timeMs, next: first };
    this.byId.set(id, known);
    this.inOrder.push(known);
    return false;
  }

  private forgetBefore(ms: number): void {
    for (let known = this.inOrder[this.oldest]; known !== undefined && known.timeMs < ms; known = this.inOrder[this.oldest]) {
      this.oldest += 1;
      const rest = without(this.byId.get(known.id), known);
      if (rest === undefined) this.byId.delete(known.id);
      else this.byId.set(known.id, rest);
    }
    if (this.oldest < CUT) return;
    this.inOrder = this.inOrder.slice(this.oldest);
    this.oldest = 0;
  }
}

/** A chain without its oldest link, which is the last one. */
function without(chain: Known | undefined, gone: Known): Known | undefined {
  if (chain === undefined || chain === gone) return undefined;
  return { ...chain, next: without(chain.next, gone) };
}
