import sketches from '@datadog/sketches-js';
import type { ClosedGroup } from '../../harness/tally.ts';
import { HyperLogLog } from './hyperloglog.ts';

const { DDSketch } = sketches;

/** What the windows read of a payment. */
export interface Windowed {
  readonly merchant_id: string;
  readonly country: string;
  readonly mcc: string;
  readonly channel: string;
  readonly card_id: string;
  readonly amount: number;
}

interface Group {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly cards: HyperLogLog;
  readonly amounts: InstanceType<typeof DDSketch>;
}

/** How late payments may be, ms. */
export const LATENESS_MS = 120_000;

/** How a window groups, where closed groups go, and how long it waits, ms. */
interface WindowsOptions {
  readonly keyOf: (payment: Windowed) => string;
  readonly emit: (group: ClosedGroup) => void;
  readonly latenessMs: number;
}

/** One tumbling window as it is usually kept: a map of groups for each start, sketches in each group. */
export class Windows {
  private readonly open = new Map<number, Map<string, Group>>();
  private maxMs = 0;
  private watermarkMs = -1;
  private readonly name: string;
  private readonly sizeMs: number;
  private readonly keyOf: (payment: Windowed) => string;
  private readonly latenessMs: number;
  private readonly emit: (group: ClosedGroup) => void;

  constructor(name: string, sizeMs: number, { keyOf, emit, latenessMs }: WindowsOptions) {
    this.name = name;
    this.sizeMs = sizeMs;
    this.keyOf = keyOf;
    this.emit = emit;
    this.latenessMs = latenessMs;
  }

  /** Groups that are open. */
  get size(): number {
    let count = 0;
    for (const groups of this.open.values()) count += groups.size;
    return count;
  }

  add(payment: Windowed, timeMs: number): void {
    const startMs = Math.floor(timeMs / this.sizeMs) * this.sizeMs;
    if (startMs + this.sizeMs <= this.watermarkMs) return;
    const group = this.groupOf(startMs, this.keyOf(payment));
    group.count += 1;
    group.sum += payment.amount;
    group.min = Math.min(group.min, payment.amount);
    group.max = Math.max(group.max, payment.amount);
    group.cards.add(payment.card_id);
    group.amounts.accept(payment.amount);
    if (timeMs > this.maxMs) this.advance(timeMs);
  }

  private groupOf(startMs: number, key: string): Group {
    let groups = this.open.get(startMs);
    if (groups === undefined) {
      groups = new Map();
      this.open.set(startMs, groups);
    }
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        ...{ count: 0, sum: 0, min: Infinity, max: -Infinity },
        ...{ cards: new HyperLogLog(), amounts: new DDSketch({ relativeAccuracy: 0.01 }) },
      };
      groups.set(key, group);
    }
    return group;
  }

  private advance(timeMs: number): void {
    this.maxMs = timeMs;
    const watermarkMs = timeMs - this.latenessMs;
    if (Math.floor(watermarkMs / this.sizeMs) > Math.floor(this.watermarkMs / this.sizeMs)) {
      for (const [startMs, groups] of this.open) {
        if (startMs + this.sizeMs > watermarkMs) continue;
        for (const [key, group] of groups) this.emit(closedOf(this.name, startMs, { key, group }));
        this.open.delete(startMs);
      }
    }
    this.watermarkMs = watermarkMs;
  }
}

function closedOf(window: string, startMs: number, { key, group }: { readonly key: string; readonly group: Group }): ClosedGroup {
  const { count, sum, min, max, cards, amounts } = group;
  const quantile = (share: number): number => amounts.getValueAtQuantile(atNearestRank(share, count));
  return {
    ...{ window, startMs, group: key, count, sum: cents(sum), min: cents(min), max: cents(max), cards: cards.estimate() },
    ...{ p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
  };
}

/** The share at which the sketch, which counts ranks from 0 to count - 1, answers with the nearest rank as SQL defines it. */
function atNearestRank(share: number, count: number): number {
  return count === 1 ? share : Math.min(1, (Math.ceil(share * count) - 1 + 1e-9) / (count - 1));
}

function cents(amount: number): number {
  return Math.round(amount * 100);
}

/** Both windows of the comparison: a minute by merchant and country, five by country, category and channel. */
export function bothWindows(emit: (group: ClosedGroup) => void, latenessMs = LATENESS_MS): readonly [Windows, Windows] {
  const minute = (p: Windowed): string => `${p.merchant_id}|${p.country}`;
  const five = (p: Windowed): string => `${p.country}|${p.mcc}|${p.channel}`;
  return [
    new Windows('merchant_1m', 60_000, { keyOf: minute, emit, latenessMs }),
    new Windows('category_5m', 300_000, { keyOf: five, emit, latenessMs }),
  ];
}
