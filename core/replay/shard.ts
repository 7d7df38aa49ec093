import type { Lane, Position } from '../model.ts';
import type { Plan } from '../plan.ts';
import { isLate, observe, type ShardClock, watermarkOf } from '../time/watermark.ts';
import type { ReplayFault } from './record.ts';

/** What the watermark of a shard goes by: one archived record, without its bytes. */
export interface ShardStep {
  readonly position: Position;
  readonly arrivalMs: number;
  readonly lane: Lane;
  /** Recorded watermark, epoch ms. */
  readonly watermarkMs: number | null;
  /** Event time, epoch ms; null for quarantined records. */
  readonly eventMs: number | null;
  /** Floor of the context in force, epoch ms. */
  readonly floorMs: number | null;
}

/** Goes through one shard in stream order and computes its watermark again, from the first record's on. */
export class ShardCheck {
  readonly faults: ReplayFault[] = [];
  private readonly shardId: string;
  private readonly plan: Plan;
  private clock: ShardClock | undefined;

  constructor(plan: Plan, shardId: string) {
    this.plan = plan;
    this.shardId = shardId;
  }

  /** Compares one record with what was recorded of it: its watermark, and whether it was late. */
  step({ position, arrivalMs, lane, watermarkMs, eventMs, floorMs }: ShardStep): void {
    const { outOfOrdernessMs: bound, allowedLatenessMs } = this.plan.pipeline.time;
    // What came before the first record is known by the watermark that it was judged by.
    this.clock ??= { maxEventMs: watermarkMs === null ? null : watermarkMs + bound, floorMs };
    const clock = { maxEventMs: this.clock.maxEventMs, floorMs };
    this.clock = eventMs === null ? clock : observe(clock, eventMs, arrivalMs);
    const nowMs = watermarkOf(this.clock, bound);
    if (nowMs !== watermarkMs) this.fault(position, `was judged by watermark ${watermarkMs}, which is ${nowMs} when computed again`);
    const late = eventMs !== null && isLate(eventMs, watermarkMs, allowedLatenessMs);
    if (lane === (late ? 'accepted' : 'late')) this.fault(position, `was ${lane}, but by its watermark it ${late ? 'is' : 'is not'} late`);
  }

  private fault(position: Position, message: string): void {
    this.faults.push({ shardId: this.shardId, position, message });
  }
}
