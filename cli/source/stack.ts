import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import type { EventProducer, SqlEngine, StateStore } from '../../core/ports.ts';
import { ServiceError } from '../../functions/adapters/errors.ts';
import { shardLedgers } from '../../lake/ledger.ts';
import type { LedgerShard } from '../../lake/rows.ts';
import { tablesOf } from '../../lake/tables.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { checkLedger, type LedgerReport, loadLedgers } from '../../local/runtime/ledger.ts';
import type { LakeQueries } from '../../local/sql/format.ts';
import { LakeSql, type LakeSqlOptions } from '../../local/sql/lake-sql.ts';
import { writeErr } from '../output.ts';
import type { LakePorts } from './lake-ports.ts';
import { PastFiles } from './past.ts';
import type { Past, Source } from './source.ts';
import { StagedQueries } from './staged.ts';

/** The parts of a deployed stack that commands use. */
export interface StackPorts {
  /** Name of the stack, for messages. */
  readonly stack: string;
  readonly sql: SqlEngine;
  /** Relation of the landed rows of the archive, repeats included. */
  readonly archive: string;
  /** Relation of the landed rows of the ledger, repeats included. */
  readonly ledger: string;
  readonly store: StateStore;
  readonly producer: EventProducer;
  /** Tells the stream from an earlier one of the same name, as in state keys. */
  readonly streamEpoch: () => Promise<string>;
  /** Opens the lake's own objects; the caller closes them. */
  readonly openLake: () => Promise<LakePorts & { readonly close: () => void }>;
  /** How its files hold blob columns. */
  readonly blobs: NonNullable<LakeSqlOptions['blobs']>;
  /** Frees clients. */
  readonly close: () => void;
}

/** A deployed stack. */
export class StackSource implements Source {
  private readonly ports: StackPorts;
  private readonly loaded: LoadedPipeline;
  private readonly queries: StagedQueries;
  private readonly past: Past | undefined;
  private pastLake: { readonly sql: LakeSql; readonly close: () => void } | undefined;

  /** With `past` its lake is that of a moment, read by the local engine. */
  constructor(ports: StackPorts, loaded: LoadedPipeline, past?: Past) {
    this.ports = ports;
    this.loaded = loaded;
    this.past = past;
    const run: SqlEngine['run'] = (text, signal) => this.explained(() => ports.sql.run(text, signal));
    this.queries = new StagedQueries({ run });
  }

  async lake(): Promise<LakeQueries> {
    return this.past === undefined ? this.queries : this.openPast(this.past);
  }

  async ledger(): Promise<LedgerReport> {
    const { store, streamEpoch, archive, ledger } = this.ports;
    const shards = await this.explained(async () => shardLedgers(store, compilePlan(this.loaded.pipeline), await streamEpoch()));
    return checkLedger([...shards, ...(await loadLedgers(this.queries, ledger))], this.queries, archive);
  }

  /** How far each shard has been processed, by the state: read strongly. */
  async positions(): Promise<readonly Pick<LedgerShard, 'shardId' | 'hi'>[]> {
    const { store, streamEpoch } = this.ports;
    return this.explained(async () => shardLedgers(store, compilePlan(this.loaded.pipeline), await streamEpoch()));
  }

  async produce(use: (producer: EventProducer) => Promise<void>): Promise<void> {
    await this.explained(() => use(this.ports.producer));
  }

  async close(): Promise<void> {
    await this.queries.close();
    await this.pastLake?.sql.close();
    this.pastLake?.close();
    this.ports.close();
  }

  /** The engine of this machine on files of the moment: Athena reads those that the catalogue points at now. */
  private async openPast(past: Past): Promise<LakeSql> {
    if (this.pastLake !== undefined) return this.pastLake.sql;
    const lake = await this.explained(() => this.ports.openLake());
    const files = new PastFiles(lake, past);
    const sql = await LakeSql.open({
      lakeDir: files.root,
      tables: tablesOf(this.loaded.pipeline),
      filesOf: (table, damage) => this.explained(() => files.of(table, damage)),
      blobs: this.ports.blobs,
      onWarning: (text) => writeErr(`Warning: ${text}\n`),
    });
    this.pastLake = { sql, close: lake.close };
    return sql;
  }

  /** Says of faults that are the caller's own what to do about them; others pass. */
  private async explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explain(error, this.ports.stack);
    }
  }
}

/** Usage errors for a stack that is not there and for an AWS environment that is not set up; any other error as it is. */
export function explain(error: unknown, stack: string): unknown {
  const cause = error instanceof ServiceError ? error.cause : error;
  const { name, message } = cause instanceof Error ? cause : { name: '', message: '' };
  if (name === 'CredentialsProviderError')
    return usageError(
      'AWS credentials',
      'none',
      'a profile in AWS_PROFILE, or the variables that `aws configure export-credentials` prints',
    );
  if (/region is missing/i.test(message))
    return usageError('AWS region', 'none', 'the region of the stack in AWS_REGION or in the profile');
  const isMissing = (error instanceof ServiceError && error.fault === 'MISSING') || name === 'ResourceNotFoundException';
  if (isMissing || /workgroup .*(not found|does not exist|is not found)/i.test(message))
    return usageError(
      '--stack',
      stack,
      `a stack of this account and region (${message}); docs/deploy.md shows how to list and deploy them`,
    );
  return error;
}
