import {
  BatchCreatePartitionCommand,
  BatchUpdatePartitionCommand,
  DeletePartitionCommand,
  GetPartitionsCommand,
  type GetPartitionsCommandOutput,
  GetTableCommand,
  type GlueClient,
  type PartitionError,
  type PartitionInput,
  type StorageDescriptor,
} from '@aws-sdk/client-glue';
import type { PartitionCatalogue, TablePartition } from '../../core/ports.ts';
import { chunksOf, forEachLimited } from './parallel.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { errorOfCode, isNamed, type ServiceCall, serviceError } from './service-error.ts';

/** What the catalogue works on. */
export interface GlueCatalogueOptions {
  readonly client: GlueClient;
  readonly database: string;
  /** Address of the lake, ending in `/`: `s3://<bucket>/lake/`. Locations are this and the partition's folder. */
  readonly lakeUri: string;
  readonly retry: RetryOptions;
}

/** Most partitions of one BatchCreatePartition call. */
const CREATE_MAX = 100;
/** Hours that are taken out at a time: a day of a few tables leaves in a moment. */
const DELETES_AT_ONCE = 8;

/**
 * Partitions of Glue tables with the keys `dt` and `hour`. A partition takes columns and formats from its table as it is when the
 * partition is written. Throws ServiceError.
 */
export class GlueCatalogue implements PartitionCatalogue {
  private readonly options: GlueCatalogueOptions;

  constructor(options: GlueCatalogueOptions) {
    this.options = options;
  }

  async register(table: string, partitions: readonly TablePartition[]): Promise<number> {
    if (partitions.length === 0) return 0;
    const { client, database, retry } = this.options;
    const storage = await this.storageOf(table);
    const distinct = [...new Map(partitions.map((one) => [`${one.dt} ${one.hour}`, one])).values()];
    let registered = 0;
    for (const chunk of chunksOf(distinct, CREATE_MAX)) {
      const command = new BatchCreatePartitionCommand({
        DatabaseName: database,
        TableName: table,
        PartitionInputList: chunk.map((partition) => this.input(storage, partition)),
      });
      const answer = await withRetry(retry, this.call('BatchCreatePartition', table), () => client.send(command));
      const errors = answer.Errors ?? [];
      this.throwUnless('AlreadyExistsException', 'BatchCreatePartition', table, errors);
      registered += chunk.length - errors.length;
    }
    return registered;
  }

  async swap(table: string, partition: TablePartition): Promise<boolean> {
    const { client, database, retry } = this.options;
    const input = this.input(await this.storageOf(table), partition);
    const command = new BatchUpdatePartitionCommand({
      DatabaseName: database,
      TableName: table,
      Entries: [{ PartitionValueList: [partition.dt, partition.hour], PartitionInput: input }],
    });
    const answer = await withRetry(retry, this.call('BatchUpdatePartition', table), () => client.send(command));
    const errors = (answer.Errors ?? []).map(
      ({ PartitionValueList: values, ErrorDetail: detail }): PartitionError => ({
        PartitionValues: values,
        ErrorDetail: detail,
      }),
    );
    this.throwUnless('EntityNotFoundException', 'BatchUpdatePartition', table, errors);
    return errors.length === 0;
  }

  async remove(table: string, hours: readonly Pick<TablePartition, 'dt' | 'hour'>[]): Promise<void> {
    await forEachLimited(hours, DELETES_AT_ONCE, ({ dt, hour }) => this.removeOne(table, [dt, hour]));
  }

  async list(table: string, from: string, to: string): Promise<TablePartition[]> {
    const { client, database, retry } = this.options;
    const found: TablePartition[] = [];
    let token: string | undefined;
    do {
      const command = new GetPartitionsCommand({
        DatabaseName: database,
        TableName: table,
        Expression: `dt >= '${from}' AND dt <= '${to}'`,
        ExcludeColumnSchema: true,
        NextToken: token,
      });
      const page: GetPartitionsCommandOutput = await withRetry(retry, this.call('GetPartitions', table), () => client.send(command));
      for (const { Values: [dt = '', hour = ''] = [], StorageDescriptor: storage } of page.Partitions ?? []) {
        // Asked for already; an endpoint that leaves expressions out gives all days.
        if (dt >= from && dt <= to) found.push({ dt, hour, folder: (storage?.Location ?? '').slice(this.options.lakeUri.length) });
      }
      token = page.NextToken;
    } while (token !== undefined);
    return found.sort((a, b) => (`${a.dt}${a.hour}` < `${b.dt}${b.hour}` ? -1 : 1));
  }

  private async removeOne(table: string, values: string[]): Promise<void> {
    const { client, database, retry } = this.options;
    const command = new DeletePartitionCommand({ DatabaseName: database, TableName: table, PartitionValues: values });
    try {
      await withRetry(retry, this.call('DeletePartition', table), () => client.send(command));
    } catch (error) {
      if (!isNamed((error as Error).cause, 'EntityNotFoundException')) throw error;
    }
  }

  private async storageOf(table: string): Promise<StorageDescriptor> {
    const { client, database, retry } = this.options;
    const command = new GetTableCommand({ DatabaseName: database, Name: table });
    const answer = await withRetry(retry, this.call('GetTable', table), () => client.send(command));
    return answer.Table?.StorageDescriptor ?? {};
  }

  private input(storage: StorageDescriptor, { dt, hour, folder }: TablePartition): PartitionInput {
    return { Values: [dt, hour], StorageDescriptor: { ...storage, Location: `${this.options.lakeUri}${folder}` } };
  }

  private call(operation: string, table: string): ServiceCall {
    return { action: `glue:${operation}`, target: `table ${this.options.database}.${table}` };
  }

  private throwUnless(expected: string, operation: string, table: string, errors: readonly PartitionError[]): void {
    const other = errors.find(({ ErrorDetail }) => ErrorDetail?.ErrorCode !== expected);
    if (other === undefined) return;
    const { ErrorCode = 'Error', ErrorMessage = '' } = other.ErrorDetail ?? {};
    throw serviceError(
      this.call(operation, table),
      errorOfCode(ErrorCode, `partition ${other.PartitionValues?.join(' ')}: ${ErrorMessage}`),
    );
  }
}
