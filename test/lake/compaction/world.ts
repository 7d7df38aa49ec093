import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ObjectFiles, ObjectStore, PartitionCatalogue, Row } from '../../../core/ports.ts';
import { type CompactedLake, compactLake } from '../../../lake/compaction/lake.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import type { CompactionPorts } from '../../../lake/compaction/ports.ts';
import { type Swept, sweepTable } from '../../../lake/compaction/sweep.ts';
import { GenerationWriter } from '../../../lake/compaction/writer.ts';
import { parseManifest } from '../../../lake/generations/manifest.ts';
import { manifestKey, type PartitionName } from '../../../lake/names.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { MemoryCatalogue } from '../../../local/catalogue/memory.ts';
import { BufferedDelivery } from '../../../local/delivery/buffer.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { LakeSql, type SqlResult } from '../../../local/sql/lake-sql.ts';
import { kindsTable } from '../../contract/kinds-table.ts';
import { testFolder } from '../../local/folder.ts';
import { bufferOf, parquetRows } from '../witness.ts';

/** A day of keeping generations. */
export const KEPT_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
/** The hour that rows 0 to 24 of the table fall in. */
export const FIRST_HOUR: PartitionName = { dt: '2026-03-01', hour: '00' };

/** A lake of one table in a folder, with a catalogue beside it, as processes find and leave it. */
export class LakeWorld {
  readonly root = testFolder();
  readonly lakeDir = join(this.root, 'lake');
  readonly store = new FolderObjectStore(this.lakeDir);
  readonly catalogue = new MemoryCatalogue();
  readonly table: TableSchema;
  nowMs = Date.now();
  private writers = 0;

  constructor(table: TableSchema = kindsTable) {
    this.table = table;
  }

  /** Ports of a new process; `around` puts something between it and the store, the files and the catalogue. */
  ports(around: (ports: CompactionPorts) => CompactionPorts = (ports) => ports): CompactionPorts {
    this.writers += 1;
    const writer = new GenerationWriter({ scratch: this.store.scratch(`compact-${this.writers}`) });
    onTestFinished(() => writer.close());
    return around({ objects: this.store, files: this.store, catalogue: this.catalogue, writer, clock: () => this.nowMs });
  }

  /** Lands rows as the pipeline does, in files of a segment of their own. */
  async land(rows: readonly Row[]): Promise<void> {
    const delivery = await BufferedDelivery.open({ folder: join(this.root, 'delivery'), objects: this.store, tables: [this.table] });
    await delivery.deliver([{ table: this.table.name, rows }]);
    await delivery.flush();
    await delivery.close();
  }

  async compact(ports = this.ports(), isRepairing = false): Promise<CompactedLake> {
    return compactLake(ports, { tables: [this.table], policy: NOW_POLICY, isRepairing });
  }

  async sweep(ports = this.ports()): Promise<Swept> {
    return sweepTable(ports, this.table, KEPT_MS);
  }

  /** Ids that a query gives, and what it warns of. */
  async read(asOfMs?: number): Promise<{ readonly ids: string[]; readonly warnings: string[] }> {
    // Every column, so that every page is read.
    const { rows, warnings } = await this.ask(`SELECT id, hash(t) FROM ${this.table.name} AS t ORDER BY id`, asOfMs);
    return { ids: rows.map(([id]) => String(id)), warnings };
  }

  /** Rows that a query gives, and what it warns of. */
  async ask(text: string, asOfMs?: number): Promise<{ readonly rows: SqlResult['rows']; readonly warnings: string[] }> {
    const warnings: string[] = [];
    const sql = await LakeSql.open({ lakeDir: this.lakeDir, tables: [this.table], asOfMs, onWarning: (one) => warnings.push(one) });
    try {
      return { rows: (await sql.query(text)).rows, warnings };
    } finally {
      await sql.close();
    }
  }

  /** Rows that an engine reads which knows the catalogue only, as Athena does; repeats included. */
  async readThroughCatalogue(): Promise<Row[]> {
    const rows: Row[] = [];
    for (const { folder } of await this.catalogue.list(this.table.name, '0000-01-01', '9999-12-31')) {
      for (const { key } of await this.store.list(folder)) {
        if (!key.endsWith('.parquet')) continue;
        const stored = await this.store.get(key);
        if (stored !== undefined) rows.push(...(await parquetRows(bufferOf(stored.body), this.table)));
      }
    }
    return rows;
  }

  /** Keys of all objects, but for those below the given folders of the table. */
  async keys(...leftOut: readonly string[]): Promise<string[]> {
    const all = await this.store.list(`${this.table.name}/`);
    return all.map(({ key }) => key).filter((key) => !leftOut.some((one) => key.startsWith(`${this.table.name}/${one}`)));
  }

  async manifest(partition: PartitionName = FIRST_HOUR): Promise<ReturnType<typeof parseManifest>> {
    const key = manifestKey(this.table.name, partition);
    const stored = await this.store.get(key);
    if (stored === undefined) throw new Error(`no ${key}`);
    return parseManifest(stored.body, key);
  }
}

/** What a crashed process says to whoever still listens. */
export class Crash extends Error {}

/** How a process dies at a call: before it was made, after it was done, or with it half done (for a write of several bytes, nothing). */
export type Death = 'before' | 'after';

/** Ports of a process that dies at call number `at` (from 0) to store, files or catalogue, and does nothing ever after. */
export class DoomedPorts {
  calls = 0;
  private isDead = false;
  private readonly at: number;
  private readonly death: Death;

  constructor(at: number, death: Death) {
    this.at = at;
    this.death = death;
  }

  get hasDied(): boolean {
    return this.isDead;
  }

  around = (ports: CompactionPorts): CompactionPorts => ({
    ...ports,
    objects: this.doomed<ObjectStore>(ports.objects),
    files: this.doomed<ObjectFiles>(ports.files, ['scratch', 'release']),
    ...(ports.catalogue === undefined ? {} : { catalogue: this.doomed<PartitionCatalogue>(ports.catalogue) }),
  });

  /** Another port of the same process. */
  wrap<T extends object>(port: T): T {
    return this.doomed(port, ['close']);
  }

  private doomed<T extends object>(port: T, spared: readonly string[] = []): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || spared.includes(String(name))) return member;
        return async (...args: unknown[]) => this.call(() => Reflect.apply(member, target, args) as Promise<unknown>);
      },
    });
  }

  private async call(work: () => Promise<unknown>): Promise<unknown> {
    if (this.isDead) throw new Crash('the process is dead');
    const isLast = this.calls === this.at;
    this.calls += 1;
    if (!isLast) return work();
    this.isDead = true;
    if (this.death === 'after') await work();
    throw new Crash('the process dies');
  }
}
