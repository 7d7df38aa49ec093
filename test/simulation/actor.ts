import { RetriableError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { VirtualTime } from './clock.ts';
import type { FaultPlan } from './faults.ts';

/** What one I/O call does to the world. */
export interface Effect<T> {
  /** All of it; the answer. */
  readonly whole: () => T;
  /** Some of it, if it has parts. */
  readonly part?: () => void;
  /** It only looks: overdue and lost make no difference. */
  readonly isRead?: boolean;
}

/** Time of an I/O call in the usual case, ms. */
const CALL_MS_MAX = 20;
/** How long an overdue write may be under way, ms. */
const OVERDUE_MS_MAX = 120_000;
/** How long a stalled instance sleeps at most: longer than any call may take. */
const STALL_MS_MAX = 180_000;

/** Everything that does I/O: an instance of a function. Its calls take virtual time, and each may fail as the plan says. */
export class Actor {
  isAlive = true;
  private readonly kind: string;
  private readonly time: VirtualTime;
  private readonly random: Random;
  private readonly faults: FaultPlan;
  /** Told when the instance dies. */
  onDeath: () => void = () => {};

  constructor(kind: string, world: { readonly time: VirtualTime; readonly random: Random; readonly faults: FaultPlan }) {
    this.kind = kind;
    this.time = world.time;
    this.random = world.random;
    this.faults = world.faults;
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.onDeath();
  }

  /** Does one call. A dead instance hears no answer, and neither does it go on. */
  call<T>(what: string, effect: Effect<T>): Promise<T> {
    if (!this.isAlive) return new Promise(() => {});
    const fault = this.faults.atCall(this.kind);
    const takesMs = 1 + this.random.below(CALL_MS_MAX);
    return new Promise((resolve, reject) => {
      const answer = (): void => {
        if (!this.isAlive) return;
        resolve(effect.whole());
      };
      const fail = (): void => {
        if (this.isAlive) reject(new RetriableError(`${what}: planned fault ${fault}`));
      };
      const overdue = (): void => {
        if (effect.isRead !== true) this.time.after(takesMs + this.random.below(OVERDUE_MS_MAX), () => void effect.whole());
      };
      const steps: Record<NonNullable<typeof fault> | 'none', () => void> = {
        none: () => this.time.after(takesMs, answer),
        refuse: () => this.time.after(takesMs, fail),
        lose: () =>
          this.time.after(takesMs, () => {
            if (effect.isRead !== true) effect.whole();
            fail();
          }),
        part: () =>
          this.time.after(takesMs, () => {
            effect.part?.();
            fail();
          }),
        late: () => {
          overdue();
          this.time.after(takesMs, fail);
        },
        crash: () => this.time.after(takesMs, () => this.die()),
        'crash-after': () =>
          this.time.after(takesMs, () => {
            if (effect.isRead !== true) effect.whole();
            this.die();
          }),
        'crash-late': () => {
          overdue();
          this.time.after(takesMs, () => this.die());
        },
        stall: () => this.time.after(takesMs + this.random.below(STALL_MS_MAX), answer),
      };
      steps[fault ?? 'none']();
    });
  }
}
