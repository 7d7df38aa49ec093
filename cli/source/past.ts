import { linkSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import type { StoredObject } from '../../core/ports.ts';
import { forEachLimited } from '../../functions/adapters/parallel.ts';
import { LakeError } from '../../lake/errors.ts';
import { checkEnds } from '../../lake/generations/checked.ts';
import { type Snapshot, snapshotOf } from '../../lake/generations/snapshot.ts';
import { type PartitionState, readTable } from '../../lake/generations/state.ts';
import { FolderObjectStore } from '../../local/objects/folder.ts';
import { filesOf, type KnownDamage, type LakeFiles } from '../../local/sql/lake-files.ts';
import { countText } from '../output.ts';
import type { LakePorts } from './lake-ports.ts';
import type { Past } from './source.ts';

/** Files fetched at once: enough to hide the way to S3, few enough for its connection pool. */
const AT_ONCE = 16;
const MIB = 2 ** 20;

/**
 * The files that show tables of a lake at a moment, fetched into a folder of this machine when a table is first asked for: as many
 * bytes as are allowed for all of them. What is published there does not change any more, so no file is fetched twice.
 */
export class PastFiles {
  /** Folder that the files lie in, under their keys; it is there as long as the lake is open. */
  readonly root: string;
  private readonly lake: LakePorts;
  private readonly past: Past;
  private readonly listed = new Map<string, readonly PartitionState[]>();
  private readonly fetched = new Set<string>();
  private bytes = 0;

  constructor(lake: LakePorts, past: Past) {
    this.lake = lake;
    this.past = past;
    this.root = lake.files.scratch('as-of');
  }

  /**
   * Files of a table. Those that turn out to be damaged, now or as `damage` says, give way to what is left, as in a data folder. Throws
   * UsageError if they are too large together with those fetched before, LakeError if one is gone.
   */
  async of(table: string, damage: KnownDamage): Promise<LakeFiles> {
    const states = await this.statesOf(table);
    const known = new Map(damage);
    for (;;) {
      const snapshots = await this.snapshotsOf(states, known);
      await this.fetchAll(table, snapshots);
      const found = await this.damageOf(snapshots);
      if (found.length === 0) return filesOf(this.root, snapshots, known);
      for (const [key, what] of found) known.set(key, what);
    }
  }

  /** What is published does not change any more at a moment of the past: it is listed once. */
  private async statesOf(table: string): Promise<readonly PartitionState[]> {
    const known = this.listed.get(table) ?? (await readTable(this.lake.objects, table, { hours: this.past.hours }));
    this.listed.set(table, known);
    return known;
  }

  private async snapshotsOf(states: readonly PartitionState[], damage: KnownDamage): Promise<Snapshot[]> {
    const snapshots: Snapshot[] = [];
    for (const state of states) snapshots.push(await snapshotOf(this.lake.objects, withDamage(state, damage), this.past.asOfMs));
    return snapshots;
  }

  /** Files of generations that were fetched and are no Parquet files. */
  private async damageOf(snapshots: readonly Snapshot[]): Promise<[key: string, what: string][]> {
    const here = new FolderObjectStore(this.root);
    const found: [string, string][] = [];
    for (const key of snapshots.flatMap(({ published }) => published)) {
      const what = await checkEnds(here, { key, bytes: statSync(join(this.root, key)).size, modifiedMs: 0 });
      if (what !== undefined) found.push([key, what]);
    }
    return found;
  }

  private async fetchAll(table: string, snapshots: readonly Snapshot[]): Promise<void> {
    const wanted = snapshots.flatMap((one) => wantedOf(one)).filter(({ key }) => !this.fetched.has(key));
    this.reserve(table, wanted);
    await forEachLimited(wanted, AT_ONCE, ({ key }) => this.fetch(key));
  }

  private reserve(table: string, wanted: readonly Wanted[]): void {
    const bytes = wanted.reduce((sum, one) => sum + one.bytes, 0);
    const before = this.bytes === 0 ? '' : ` beside ${sizeText(this.bytes)} fetched before`;
    if (this.bytes + bytes > this.past.bytesMax)
      throw usageError(
        'files to fetch',
        `${sizeText(bytes)} of ${table}${before}`,
        `${sizeText(this.past.bytesMax)} in all: name fewer hours with --from and --to, or raise it to at least --max-mb ${Math.ceil((this.bytes + bytes) / MIB)}`,
      );
    this.bytes += bytes;
  }

  private async fetch(key: string): Promise<void> {
    const { files } = this.lake;
    const path = await files.open(key);
    if (path === undefined) throw new LakeError('OBJECT_MISSING', `${key} was removed while it was asked for; ask again`);
    const place = join(this.root, key);
    mkdirSync(dirname(place), { recursive: true });
    linkSync(path, place);
    this.fetched.add(key);
    await files.release([path]);
  }
}

/** A file to fetch. */
interface Wanted {
  readonly key: string;
  readonly bytes: number;
}

function wantedOf({ published, generation, landed }: Snapshot): Wanted[] {
  return [...published.map((key, i) => ({ key, bytes: generation?.files[i]?.bytes ?? 0 })), ...landed];
}

/** A state whose objects tell what was found wrong with them. */
function withDamage(state: PartitionState, known: KnownDamage): PartitionState {
  const told = (object: StoredObject): StoredObject => {
    const damage = known.get(object.key);
    return damage === undefined ? object : { ...object, damage };
  };
  return { ...state, objects: new Map([...state.objects].map(([number, objects]) => [number, objects.map(told)])) };
}

function sizeText(bytes: number): string {
  return `${countText(bytes)} bytes`;
}
