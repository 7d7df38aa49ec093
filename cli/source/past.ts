import { linkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { forEachLimited } from '../../functions/adapters/parallel.ts';
import { LakeError } from '../../lake/errors.ts';
import { type Snapshot, snapshotOf } from '../../lake/generations/snapshot.ts';
import { readTable } from '../../lake/generations/state.ts';
import { filesOf, type LakeFiles } from '../../local/sql/lake-files.ts';
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
  private readonly fetched = new Map<string, LakeFiles>();
  private bytes = 0;

  constructor(lake: LakePorts, past: Past) {
    this.lake = lake;
    this.past = past;
    this.root = lake.files.scratch('as-of');
  }

  /** Files of a table. Throws UsageError if they are too large together with those fetched before, LakeError if one is gone. */
  async of(table: string): Promise<LakeFiles> {
    const known = this.fetched.get(table);
    if (known !== undefined) return known;
    const snapshots: Snapshot[] = [];
    const { objects } = this.lake;
    for (const state of await readTable(objects, table, { hours: this.past.hours }))
      snapshots.push(await snapshotOf(objects, state, this.past.asOfMs));
    this.reserve(table, snapshots);
    const keys = snapshots.flatMap(({ published, landed }) => [...published, ...landed.map(({ key }) => key)]);
    await forEachLimited(keys, AT_ONCE, (key) => this.fetch(key));
    const files = await filesOf(this.root, snapshots);
    this.fetched.set(table, files);
    return files;
  }

  private reserve(table: string, snapshots: readonly Snapshot[]): void {
    const files = snapshots.flatMap(({ generation, landed }) => [...(generation?.files ?? []), ...landed]);
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    const before = this.bytes === 0 ? '' : ` beside ${sizeText(this.bytes)} of other tables`;
    this.bytes += bytes;
    if (this.bytes <= this.past.bytesMax) return;
    throw usageError(
      'files to fetch',
      `${sizeText(bytes)} of ${table}${before}`,
      `${sizeText(this.past.bytesMax)} in all: name fewer hours with --from and --to, or raise it to at least --max-mb ${Math.ceil(this.bytes / MIB)}`,
    );
  }

  private async fetch(key: string): Promise<void> {
    const { files } = this.lake;
    const path = await files.open(key);
    if (path === undefined) throw new LakeError('OBJECT_MISSING', `${key} was removed while it was asked for; ask again`);
    const place = join(this.root, key);
    mkdirSync(dirname(place), { recursive: true });
    linkSync(path, place);
    await files.release([path]);
  }
}

function sizeText(bytes: number): string {
  return `${countText(bytes)} bytes`;
}
