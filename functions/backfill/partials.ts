import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Accumulator } from '../../core/aggregates/types.ts';
import type { SliceUpdate } from '../../core/fold.ts';
import { BackfillError } from './errors.ts';
import type { BackfillPlan } from './plan-record.ts';
import { stretchOf } from './stretches.ts';
import { padded, type Work } from './work.ts';

/** What one slice of keys adds to one slice of time of a window family, by group. */
export interface Partial {
  /** Where its events came from: the stream, or one load. */
  readonly origin: string;
  readonly startMs: number;
  readonly groups: Readonly<Record<string, Accumulator>>;
}

const folderOf = (stretch: number): string => `partials/${padded(stretch)}/`;

/**
 * Partials of one slice of keys on their way into the work: an object for each stretch of time, so that a merge reads only its own. Lines of
 * JSON, since an engine between the two steps would only take them apart and put them together again.
 */
export class PartialFiles {
  private readonly plan: BackfillPlan;
  private readonly lines = new Map<number, string[]>();

  constructor(plan: BackfillPlan) {
    this.plan = plan;
  }

  add(updates: readonly SliceUpdate[], origin: string): void {
    for (const { name, startMs, slice } of updates) {
      // Slices begin before what is read where they are longer than an hour.
      const stretch = stretchOf(this.plan.merges, startMs);
      const line = `${name}\t${JSON.stringify({ origin, startMs, groups: slice.groups } satisfies Partial)}\n`;
      const known = this.lines.get(stretch);
      if (known === undefined) this.lines.set(stretch, [line]);
      else known.push(line);
    }
  }

  /** Writes them into the work, under the number of the slice of keys. */
  async store(work: Work, at: number): Promise<void> {
    for (const [stretch, lines] of this.lines)
      await work.objects.put(work.key(`${folderOf(stretch)}${padded(at)}.zst`), zstdCompressSync(lines.join('')));
  }
}

/** Partials of all slices of keys in some stretches of time, as text by window family: they are parsed one family at a time. */
export async function readPartials(work: Work, stretches: readonly number[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const byFamily = new Map<string, string[]>();
  for (const stretch of stretches) {
    for (const name of await work.names(folderOf(stretch))) {
      const stored = await work.objects.get(work.key(name));
      if (stored === undefined)
        throw new BackfillError('WORK_MISSING', `backfill ${work.id} has lost ${name}. Begin it again under another id.`);
      for (const line of new TextDecoder().decode(zstdDecompressSync(stored.body)).split('\n')) {
        const at = line.indexOf('\t');
        if (at === -1) continue;
        const family = line.slice(0, at);
        const known = byFamily.get(family);
        if (known === undefined) byFamily.set(family, [line.slice(at + 1)]);
        else known.push(line.slice(at + 1));
      }
    }
  }
  return byFamily;
}
