import type { Event } from '../model.ts';
import type { Plan } from '../plan.ts';
import { fieldsOf } from '../profiles/filter.ts';
import type { TileRing } from '../profiles/tiles.ts';
import type { ReplayRows } from './replay-rows.ts';
import { TileBook } from './tile-book.ts';

/** Reads the features over other keys, one such key after another, once labels are told. Rows known from `toMs` on are not looked at. */
export function readTiles(plan: Plan, rows: ReplayRows, toMs: number): void {
  for (const by of new Set(plan.tileFeatures.rings.map((ring) => ring.by))) {
    const rings = plan.tileFeatures.rings.filter((ring) => ring.by === by);
    const eventAt = rows.reader(new Set([by, ...rings.flatMap(fieldsOf)]));
    for (const [value, group] of groupsOf(rows, by, { rings, toMs })) {
      if (value === undefined) noteNothing(plan, rows, group, rings);
      else readKey(plan, rows, inOrder(rows, group), { by, rings, eventAt });
    }
  }
}

interface TilesBy {
  readonly by: string;
  readonly rings: readonly TileRing[];
  readonly eventAt: (row: number) => Event;
}

function readKey({ keyFeatures, tileFeatures }: Plan, rows: ReplayRows, group: readonly number[], { by, rings, eventAt }: TilesBy): void {
  const book = new TileBook(rings);
  const { tilesOf } = book;
  const behind = Object.keys(keyFeatures.ofNothing).length;
  for (const row of group) {
    const event = eventAt(row);
    book.add(event);
    const at = rows.featuresAt(row);
    const { timeMs } = event;
    if (at !== undefined) tileFeatures.readInto(rows.values, at + behind, { event, asOfMs: timeMs, frontierMs: timeMs, tilesOf, by });
  }
}

/** Notes the values of nothing for rows that have no such key: no tile can be asked for them. */
function noteNothing({ ofNothing }: Plan, rows: ReplayRows, group: readonly number[], rings: readonly TileRing[]): void {
  const read = new Set(rings.flatMap(({ features }) => features));
  const nothing = Object.entries(ofNothing).flatMap(([name, value], place): [number, number][] =>
    read.has(name) ? [[place, value ?? Number.NaN]] : [],
  );
  for (const row of group) {
    const at = rows.featuresAt(row);
    if (at !== undefined) for (const [place, value] of nothing) rows.values[at + place] = value;
  }
}

/** Rows in the order in which they are known; tiles do not care about that of one moment. */
function inOrder(rows: ReplayRows, group: number[]): readonly number[] {
  return group.sort((a, b) => rows.knownMsOf(a) - rows.knownMsOf(b));
}

/** Rows that feed the rings or ask for their features, by the value of the field; those without it are a group too. */
function groupsOf(
  rows: ReplayRows,
  by: string,
  { rings, toMs }: { readonly rings: readonly TileRing[]; readonly toMs: number },
): ReadonlyMap<string | undefined, number[]> {
  const fed = new Set(rings.map(({ over }) => over));
  const groups = new Map<string | undefined, number[]>();
  for (let row = 0; row < rows.columns.count; row += 1) {
    const isFeatured = rows.featuresAt(row) !== undefined;
    if (!isFeatured && !fed.has(rows.columns.typeOf(row))) continue;
    if (rows.isRepeat(row) || rows.knownMsOf(row) >= toMs) continue;
    const found = rows.columns.valueOf(row, by);
    if (found === undefined && !isFeatured) continue;
    const value = found === undefined ? undefined : String(found);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [row]);
    else group.push(row);
  }
  return groups;
}
