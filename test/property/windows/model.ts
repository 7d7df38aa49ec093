import { TIMES, type Tick } from './ticks.ts';

/** A closed window as both sides tell it: table, group, start, end, count, sum, min, max, duration (sessions; 0 for others). */
export type ModelRow = readonly [table: string, group: string, startMs: number, endMs: number, ...values: number[]];

const AHEAD_MS = 300_000;

function rowOf(table: string, group: string, startMs: number, endMs: number, ticks: readonly Tick[]): ModelRow {
  const sizes = ticks.map(({ size }) => size);
  const times = ticks.map(({ timeMs }) => timeMs);
  const durationMs = table === 'runs' ? Math.max(...times) - Math.min(...times) : 0;
  return [table, group, startMs, endMs, ticks.length, sizes.reduce((a, b) => a + b), Math.min(...sizes), Math.max(...sizes), durationMs];
}

/** Windows by brute force over a list of accepted events; shares nothing with the code it checks. */
export class WindowModel {
  readonly accepted: Tick[] = [];
  /** Watermark of each shard; null before the first. */
  readonly watermarks: (number | null)[];

  constructor(shards: number) {
    this.watermarks = Array<number | null>(shards).fill(null);
  }

  raise(shard: number, toMs: number): void {
    this.watermarks[shard] = Math.max(this.watermarks[shard] ?? toMs, toMs);
  }

  /** Takes an event; false if it is late. */
  arrive(shard: number, tick: Tick): boolean {
    if (-tick.delayMs <= AHEAD_MS) this.raise(shard, tick.timeMs - TIMES.disorder);
    const isLate = tick.timeMs + TIMES.lateness < (this.watermarks[shard] ?? Number.NEGATIVE_INFINITY);
    if (!isLate) this.accepted.push(tick);
    return !isLate;
  }

  /** Least watermark of all shards; null while one has none. */
  least(): number | null {
    return this.watermarks.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)));
  }

  /** Every window that holds an accepted event. */
  rows(): ModelRow[] {
    const owners = [...new Set(this.accepted.map(({ owner }) => owner))];
    return [
      ...owners.flatMap((owner) => this.aligned('minutes', `["${owner}"]`, TIMES.minute, (tick) => tick.owner === owner)),
      ...this.aligned('hops', '[]', TIMES.hop, () => true),
      ...owners.flatMap((owner) => this.sessions(owner)),
    ];
  }

  private aligned(table: string, group: string, sizeMs: number, belongs: (tick: Tick) => boolean): ModelRow[] {
    const all = this.accepted.filter(belongs);
    const starts = new Set<number>();
    for (const { timeMs } of all) for (let s = timeMs - (timeMs % TIMES.minute); s > timeMs - sizeMs; s -= TIMES.minute) starts.add(s);
    return [...starts].map((s) =>
      rowOf(
        table,
        group,
        s,
        s + sizeMs,
        all.filter(({ timeMs }) => s <= timeMs && timeMs < s + sizeMs),
      ),
    );
  }

  private sessions(owner: string): ModelRow[] {
    const sorted = this.accepted.filter((tick) => tick.owner === owner).sort((a, b) => a.timeMs - b.timeMs);
    const cuts = sorted.flatMap(({ timeMs }, i) => (i === 0 || timeMs - (sorted[i - 1]?.timeMs ?? 0) > TIMES.gap ? [i] : []));
    const runs = cuts.map((from, i) => sorted.slice(from, cuts[i + 1]));
    return runs.map((run) => rowOf('runs', `["${owner}"]`, run[0]?.timeMs ?? 0, (run.at(-1)?.timeMs ?? 0) + TIMES.gap, run));
  }
}
