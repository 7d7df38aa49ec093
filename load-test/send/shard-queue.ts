/** One event on its way to the stream. */
export interface OfferedEvent {
  /** Number of its kind, as in `KINDS`. */
  readonly kind: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** When the schedule meant it to be sent, epoch ms. */
  readonly intendedMs: number;
  /** Ordinal of a payment; -1 for all others. */
  readonly ordinal: number;
  /** Minor units of a valid payment in euro, else 0. */
  readonly euroMinor: number;
}

/** What a shard takes. */
export interface ShardLimits {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What one shard of a real stream takes at most. */
export const SHARD_LIMITS: ShardLimits = { recordsPerSecond: 1_000, bytesPerSecond: 1_000_000 };

/** A bucket holds what comes in this time: a burst may use it at once, as a shard lets it. */
const BUCKET_S = 1;

/** Events of one shard in the order of their schedule, and what the shard may still take. One call at a time may hold events of it. */
export class ShardQueue {
  inFlight = false;
  /** Calls in a row that took nothing of this shard. */
  failures = 0;
  /** It waits until then after a refusal, epoch ms. */
  notBeforeMs = 0;
  /** When it last took something, or had nothing to take, epoch ms. */
  progressMs: number;
  private readonly limits: ShardLimits | undefined;
  private events: OfferedEvent[] = [];
  private read = 0;
  private records: number;
  private bytes: number;
  private filledMs: number;

  constructor(limits: ShardLimits | undefined, nowMs: number) {
    this.limits = limits;
    this.records = (limits?.recordsPerSecond ?? 0) * BUCKET_S;
    this.bytes = (limits?.bytesPerSecond ?? 0) * BUCKET_S;
    this.filledMs = nowMs;
    this.progressMs = nowMs;
  }

  get length(): number {
    return this.events.length - this.read;
  }

  push(event: OfferedEvent): void {
    this.events.push(event);
  }

  /** The next event; undefined if there is none. */
  peek(): OfferedEvent | undefined {
    return this.events[this.read];
  }

  shift(): void {
    this.read += 1;
    if (this.read < 4_096 || this.read * 2 < this.events.length) return;
    this.events = this.events.slice(this.read);
    this.read = 0;
  }

  /** Puts refused events back before all others, in their order: what came first is tried first. */
  putBack(events: readonly OfferedEvent[]): void {
    this.events = [...events, ...this.events.slice(this.read)];
    this.read = 0;
  }

  /** Whether the shard may take a record of so many bytes now, by its limits. */
  admits(bytes: number, nowMs: number): boolean {
    const { limits } = this;
    if (limits === undefined) return true;
    const seconds = Math.max(0, nowMs - this.filledMs) / 1000;
    this.filledMs = nowMs;
    this.records = Math.min(limits.recordsPerSecond * BUCKET_S, this.records + seconds * limits.recordsPerSecond);
    this.bytes = Math.min(limits.bytesPerSecond * BUCKET_S, this.bytes + seconds * limits.bytesPerSecond);
    // A record larger than the bucket may go when the bucket is full.
    return this.records >= 1 && (this.bytes >= bytes || this.bytes >= limits.bytesPerSecond * BUCKET_S);
  }

  spend(bytes: number): void {
    this.records -= 1;
    this.bytes -= bytes;
  }
}
