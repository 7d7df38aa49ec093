import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  type ColumnInfo,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  type QueryExecution,
  type Row,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { SqlAnswer, SqlCell, SqlEngine } from '../../core/ports.ts';
import { athenaValue } from './athena-values.ts';
import { QueryError } from './errors.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { errorOfCode, isNamed, type ServiceCall, serviceError } from './service-error.ts';

/** What queries run in. */
export interface AthenaSqlOptions {
  readonly client: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
  readonly retry: RetryOptions;
  /** Waits between polls, default by timer; ends early when the signal fires. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Queries take half a second at least; the wait then grows with the query's own time. */
const POLL_FIRST_MS = 200;
const POLL_MAX_MS = 2_000;
const POLL_GROWTH = 1.5;
/** Most rows of a page that the service gives. */
const PAGE_ROWS_MAX = 1_000;
/** AthenaError.ErrorCategory of what the query itself is to blame for. */
const CATEGORY_USER = 2;

/** SQL on the deployed lake. Throws QueryError when the query is to blame, ServiceError when the service is. */
export class AthenaSql implements SqlEngine {
  private readonly options: AthenaSqlOptions;

  constructor(options: AthenaSqlOptions) {
    this.options = options;
  }

  async run(text: string, signal?: AbortSignal): Promise<SqlAnswer> {
    signal?.throwIfAborted();
    const id = await this.start(text);
    try {
      const execution = await this.finished(id, signal);
      return await this.answer(id, execution, signal);
    } catch (error) {
      if (signal?.aborted) await this.stop(id);
      signal?.throwIfAborted();
      throw error;
    }
  }

  /**
   * Waits for the end of a statement whose answer nobody needs; gives what it failed with. The same `token` again waits for the same
   * statement, and starts none. When `signal` fires it rejects, and the statement goes on.
   */
  async finish(text: string, token: string, signal?: AbortSignal): Promise<Error | undefined> {
    const { isDone, execution } = await this.ended(await this.start(text, token), signal);
    return isDone ? undefined : this.failure(execution);
  }

  private async start(text: string, token?: string): Promise<string> {
    const { client, workgroup, database } = this.options;
    const command = new StartQueryExecutionCommand({
      QueryString: text,
      WorkGroup: workgroup,
      QueryExecutionContext: { Database: database },
      ...(token === undefined ? {} : { ClientRequestToken: token }),
    });
    try {
      const answer = await withRetry(this.options.retry, this.call('StartQueryExecution'), () => client.send(command));
      return answer.QueryExecutionId ?? '';
    } catch (error) {
      const { cause } = error as Error;
      if (isNamed(cause, 'InvalidRequestException')) throw new QueryError(oneLine((cause as Error).message), { cause });
      throw error;
    }
  }

  private async finished(id: string, signal: AbortSignal | undefined): Promise<QueryExecution> {
    const { isDone, execution } = await this.ended(id, signal);
    if (!isDone) throw this.failure(execution);
    return execution;
  }

  private async ended(
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly isDone: boolean; readonly execution: QueryExecution }> {
    const command = new GetQueryExecutionCommand({ QueryExecutionId: id });
    for (let waitMs = POLL_FIRST_MS; ; waitMs = Math.min(POLL_MAX_MS, waitMs * POLL_GROWTH)) {
      const answer = await withRetry(this.options.retry, this.call('GetQueryExecution'), () => this.options.client.send(command));
      const execution = answer.QueryExecution ?? {};
      const state = execution.Status?.State;
      if (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED') return { isDone: state === 'SUCCEEDED', execution };
      await (this.options.pause ?? pauseOrAbort)(waitMs, signal);
      signal?.throwIfAborted();
    }
  }

  private async answer(id: string, execution: QueryExecution, signal: AbortSignal | undefined): Promise<SqlAnswer> {
    const { client, retry } = this.options;
    let columns: readonly ColumnInfo[] = [];
    const rows: SqlCell[][] = [];
    let token: string | undefined;
    let isFirst = true;
    do {
      const command = new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: PAGE_ROWS_MAX, NextToken: token });
      const page: GetQueryResultsCommandOutput = await withRetry(retry, this.call('GetQueryResults'), () => client.send(command));
      signal?.throwIfAborted();
      columns = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? columns;
      const found = page.ResultSet?.Rows ?? [];
      const header = isFirst && execution.StatementType === 'DML' && isHeader(columns, found[0]) ? 1 : 0;
      for (const row of found.slice(header)) rows.push(columns.map(({ Type = '' }, i) => athenaValue(Type, row.Data?.[i]?.VarCharValue)));
      isFirst = false;
      token = page.NextToken;
    } while (token !== undefined);
    return {
      columns: columns.map(({ Name = '', Type = '' }) => ({ name: Name, type: Type })),
      rows,
      scannedBytes: execution.Statistics?.DataScannedInBytes ?? null,
    };
  }

  /** Ends a query that nobody waits for any more; if that fails, the workgroup's own limits end it. */
  private async stop(id: string): Promise<void> {
    try {
      await this.options.client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    } catch (error) {
      throw serviceError(this.call('StopQueryExecution'), error);
    }
  }

  private failure({ Status: status, Statistics: statistics }: QueryExecution): Error {
    const reason = oneLine(status?.StateChangeReason ?? 'Athena gave no reason');
    if (/bytes scanned limit/i.test(reason)) {
      return new QueryError(
        `the query would read more than the workgroup ${this.options.workgroup} allows (${statistics?.DataScannedInBytes ?? 0} bytes read so far); ` +
          `name fewer columns, or fewer hours with dt and hour in WHERE: ${reason}`,
      );
    }
    if (status?.State === 'CANCELLED') return new QueryError(`the query was cancelled: ${reason}`);
    const category = status?.AthenaError?.ErrorCategory;
    if (category === undefined || category === CATEGORY_USER) return new QueryError(reason);
    return serviceError(this.call('StartQueryExecution'), errorOfCode('InternalServerException', reason));
  }

  private call(operation: string): ServiceCall {
    return { action: `athena:${operation}`, target: `workgroup ${this.options.workgroup}` };
  }
}

/** A wait that the signal ends with an error, which `run` takes for the abort it is. */
async function pauseOrAbort(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}

/** Results of SELECT begin with the column names; those of SHOW and DESCRIBE do not. */
function isHeader(columns: readonly ColumnInfo[], row: Row | undefined): boolean {
  return row?.Data !== undefined && columns.every(({ Name }, i) => row.Data?.[i]?.VarCharValue === Name);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
