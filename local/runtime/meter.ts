import type { BatchStats } from '../../functions/process-stream/handler.ts';

/** Counts of this process since it started, for the live line; the report's totals come from the ledger. */
export interface LiveCounts {
  readonly events: number;
  readonly alerts: number;
  /** Greatest event time seen, epoch ms; null before the first event. */
  readonly maxEventMs: number | null;
}

/** Bucket edges of the latency histogram grow by 2 %, from 1 ms: percentiles are within 2 %. */
const LATENCY_STEP = 1.02;

/** Measures what this process does: events, alerts, latency from put to delivered decision, CPU, memory. */
export class Meter {
  private readonly startedMs: number;
  private readonly cpuAtStart = process.cpuUsage();
  private readonly latency = new Map<number, number>();
  private latencyCount = 0;
  private events = 0;
  private alerts = 0;
  private maxEventMs: number | null = null;

  /** `startedMs`: processing time at start, epoch ms. */
  constructor(startedMs: number) {
    this.startedMs = startedMs;
  }

  /** Takes in one delivered batch. */
  readonly observe = ({ verdicts, deliveredMs }: BatchStats): void => {
    this.events += verdicts.length;
    let arrivalMs = Number.NaN;
    let bucket = 0;
    for (const { raw, decision, event } of verdicts) {
      this.alerts += decision?.fired.length ?? 0;
      if (event !== undefined && (this.maxEventMs === null || event.timeMs > this.maxEventMs)) this.maxEventMs = event.timeMs;
      // Events that came in one record arrived together.
      if (raw.arrivalMs !== arrivalMs) {
        arrivalMs = raw.arrivalMs;
        bucket = Math.ceil(Math.log(Math.max(1, deliveredMs - arrivalMs)) / Math.log(LATENCY_STEP));
      }
      this.latency.set(bucket, (this.latency.get(bucket) ?? 0) + 1);
    }
    this.latencyCount += verdicts.length;
  };

  /** Counts so far. */
  live(): LiveCounts {
    return { events: this.events, alerts: this.alerts, maxEventMs: this.maxEventMs };
  }

  /** Events per second of wall time since the start. */
  eventsPerSecond(nowMs: number): number {
    return round1((this.events * 1000) / Math.max(1, nowMs - this.startedMs));
  }

  /** CPU seconds of all threads since the start. */
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage(this.cpuAtStart);
    return (user + system) / 1e6;
  }

  /** Greatest resident memory so far, MiB. */
  rssMbMax(): number {
    return Math.round(process.resourceUsage().maxRSS / 1024);
  }

  /** Latency in ms below which `share` (0..1] of the events lie; 0 without events. */
  latencyMs(share: number): number {
    const rank = Math.ceil(share * this.latencyCount);
    let below = 0;
    for (const bucket of [...this.latency.keys()].sort((a, b) => a - b)) {
      below += this.latency.get(bucket) ?? 0;
      if (below >= rank) return Math.round(LATENCY_STEP ** bucket);
    }
    return 0;
  }
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
