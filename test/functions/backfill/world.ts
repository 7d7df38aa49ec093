import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Delivery, Row, TableRows } from '../../../core/ports.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { ArchiveFiles } from '../../../functions/backfill/archive-files.ts';
import type { BackfillEvent, BackfillItem, BackfillRequest, ItemStep, SummaryOutcome } from '../../../functions/backfill/events.ts';
import { createBackfill } from '../../../functions/backfill/handler.ts';
import type { BackfillPorts } from '../../../functions/backfill/ports.ts';
import type { BackfillReport } from '../../../functions/backfill/report.ts';
import { ledgerRows } from '../../../functions/ledger.ts';
import { GenerationWriter } from '../../../lake/compaction/writer.ts';
import { createRowBuilder } from '../../../lake/rows.ts';
import { RuleSets } from '../../../lake/rules/sets.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { BufferedDelivery } from '../../../local/delivery/buffer.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { LocalSqlEngine } from '../../../local/sql/engine.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { type AtEnd, testFolder } from '../../local/folder.ts';
import type { World } from '../world.ts';
import { storyWorld } from './story.ts';

/** A lake that the real handlers have filled, and backfills over it. */
export class BackfillWorld {
  readonly root: string;
  readonly world: World;
  readonly lake: FolderObjectStore;
  readonly work: FolderObjectStore;
  readonly tables: TableSchema[];
  readonly questions: string[] = [];
  private writers = 0;

  private readonly atEnd: AtEnd;

  constructor(world: World = storyWorld(), atEnd: AtEnd = onTestFinished) {
    this.world = world;
    this.atEnd = atEnd;
    this.root = testFolder(atEnd);
    this.lake = new FolderObjectStore(join(this.root, 'lake'));
    this.work = new FolderObjectStore(join(this.root, 'backfill'));
    this.tables = tablesOf(world.plan.pipeline);
  }

  /** Lands everything that was delivered, and a ledger snapshot. */
  async land(): Promise<void> {
    const { world } = this;
    const ledger = await ledgerRows({
      plan: world.plan,
      rows: createRowBuilder(world.plan.pipeline),
      store: world.store,
      clock: () => world.nowMs,
      streamEpoch: '1',
    });
    const delivered = [...world.lake.tables].map(([table, rows]): TableRows => ({ table, rows: [...rows.values()] }));
    await this.deliver([...delivered, ...ledger]);
  }

  /** Lands rows in files of their own. */
  async deliver(batch: Parameters<Delivery['deliver']>[0]): Promise<void> {
    const delivery = await BufferedDelivery.open({ folder: join(this.root, 'delivery'), objects: this.lake, tables: this.tables });
    await delivery.deliver(batch);
    await delivery.flush();
    await delivery.close();
  }

  /** Ports of a new process; `around` puts something between it and the world. */
  async ports(around: (ports: BackfillPorts) => BackfillPorts = (ports) => ports): Promise<BackfillPorts> {
    const { world } = this;
    const sql = await LakeSql.open({ lakeDir: this.lake.root, tables: this.tables });
    this.writers += 1;
    const writer = new GenerationWriter({ scratch: this.lake.scratch(`writer-${this.writers}`) });
    this.atEnd(async () => {
      writer.close();
      await sql.close();
    });
    const archive = this.tables.find(({ name }) => name === 'archive');
    if (archive === undefined) throw new Error('no archive');
    const lake = { objects: this.lake, files: this.lake, writer, clock: () => world.nowMs };
    const work = { objects: this.work, files: this.work };
    return around({
      plan: world.plan,
      rows: createRowBuilder(world.plan.pipeline),
      tables: this.tables,
      lake,
      work,
      workPrefix: '',
      sql: new LocalSqlEngine(sql),
      archive: new ArchiveFiles({ lake, work, archive, memoryMb: 256, threads: 1 }),
      rulesOf: async (version) =>
        (await new RuleSets(world.objects, world.plan.pipeline).of(version)) ??
        compileRules({ rules: this.rules(version), lists: [] }, world.plan.pipeline, version),
      landingMs: 0,
      engineMb: 128,
      askPeople: async ({ text }) => {
        this.questions.push(text);
      },
      goOn: async () => {},
    });
  }

  /** Rules of a version; those that the world judged by unless a test says otherwise. */
  rules: (version: string) => World['ruleList'] = () => this.world.ruleList;

  /** Does all steps one after the other, as the state machine would; approvals are given. */
  async backfill(id: string, request: BackfillRequest, ports?: BackfillPorts): Promise<BackfillReport> {
    const run = createBackfill(ports ?? (await this.ports()));
    try {
      await this.steps(run, id, request);
      return (await run({ step: 'report', id })) as BackfillReport;
    } catch (error) {
      const failure = { Error: (error as Error).name, Cause: (error as Error).message };
      await run({ step: 'compensate', id, failure });
      await run({ step: 'report', id, failure });
      throw error;
    }
  }

  private async steps(run: (event: BackfillEvent) => Promise<unknown>, id: string, request: BackfillRequest): Promise<void> {
    const all = async (step: ItemStep): Promise<void> => {
      await run({ step, id, items: await this.json<BackfillItem[]>(`${id}/items/${step}.json`) });
    };
    await run({ step: 'plan', id, request });
    await run({ step: 'shuffle', id });
    for (const step of ['check', 'fold', 'merge', 'judge', 'compare'] as const) await all(step);
    const { next } = (await run({ step: 'summarise', id })) as SummaryOutcome;
    if (next === 'ask' || next === 'publish') await all('publish');
  }

  /** One row that was delivered. */
  anyRow(table: string): Row {
    const [row] = this.world.lake.tables.get(table)?.values() ?? [];
    if (row === undefined) throw new Error(`no row of ${table} was delivered`);
    return row;
  }

  async json<T>(key: string): Promise<T> {
    const stored = await this.work.get(key);
    if (stored === undefined) throw new Error(`no ${key}`);
    return JSON.parse(new TextDecoder().decode(stored.body)) as T;
  }

  /** Rows of a query on the lake as it is now, as JSON text. */
  async rows(text: string): Promise<string[]> {
    const sql = await LakeSql.open({ lakeDir: this.lake.root, tables: this.tables });
    try {
      const { rows } = await sql.query(text);
      return rows.map((row) => JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
    } finally {
      await sql.close();
    }
  }
}
