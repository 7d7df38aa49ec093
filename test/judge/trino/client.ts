import { setTimeout as sleep } from 'node:timers/promises';

/** A value as Trino sends it: integers past 2^53 as text, decimals and times too, bytes in base64, NaN and infinities as text. */
export type TrinoValue = string | number | boolean | null | readonly TrinoValue[];

/** What a statement read from files. */
export interface TrinoStats {
  readonly physicalInputBytes: number;
  readonly physicalInputRows: number;
  readonly elapsedMs: number;
}

/** A whole answer. */
export interface TrinoAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly TrinoValue[])[];
  readonly queryId: string;
}

interface Page {
  readonly id: string;
  readonly nextUri?: string;
  readonly columns?: TrinoAnswer['columns'];
  readonly data?: TrinoAnswer['rows'];
  readonly error?: { readonly message: string; readonly errorName: string };
}

const USER = 'judge';
// Without it the server cuts times to milliseconds.
const PRECISE = { 'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME' };
const BUSY_PAUSE_MS = 100;
const BUSY = [429, 502, 503, 504];

/** Speaks Trino's protocol over HTTP: a statement is posted, then its pages are fetched one after another. */
export class TrinoClient {
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Whether the server has left its start behind. Throws while nobody listens. */
  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/v1/info`);
    const { starting } = (await response.json()) as { starting: boolean };
    if (starting) return false;
    return (await this.query('SELECT 1')).rows.length === 1;
  }

  /** Runs one statement in `schema` of the catalogue `hive` and fetches its rows. Throws with Trino's message when it fails. */
  async query(sql: string, schema = 'default'): Promise<TrinoAnswer> {
    const headers = { 'X-Trino-User': USER, 'X-Trino-Catalog': 'hive', 'X-Trino-Schema': schema, 'X-Trino-Time-Zone': 'UTC', ...PRECISE };
    let page = await this.page(`${this.url}/v1/statement`, { method: 'POST', body: sql, headers });
    let columns: TrinoAnswer['columns'] = [];
    const rows: (readonly TrinoValue[])[] = [];
    for (;;) {
      if (page.error !== undefined) throw new Error(`Trino refused ${sql.slice(0, 200)}: ${page.error.errorName}: ${page.error.message}`);
      columns = page.columns ?? columns;
      rows.push(...(page.data ?? []));
      if (page.nextUri === undefined) return { columns, rows, queryId: page.id };
      page = await this.page(page.nextUri, { headers: { 'X-Trino-User': USER } });
    }
  }

  /** What a statement that has run read from files. */
  async stats(queryId: string): Promise<TrinoStats> {
    const response = await fetch(`${this.url}/v1/query/${queryId}`, { headers: { 'X-Trino-User': USER } });
    if (!response.ok) throw new Error(`statistics of ${queryId}: HTTP ${response.status}`);
    const { queryStats } = (await response.json()) as { queryStats: Record<string, unknown> };
    return {
      physicalInputBytes: bytesOf(queryStats['physicalInputDataSize']),
      physicalInputRows: Number(queryStats['physicalInputPositions']),
      elapsedMs: Math.round(msOf(queryStats['elapsedTime'])),
    };
  }

  private async page(uri: string, init: RequestInit): Promise<Page> {
    for (;;) {
      const response = await fetch(uri, init);
      if (response.ok) return parsePage(await response.text());
      if (!BUSY.includes(response.status)) throw new Error(`Trino: HTTP ${response.status}: ${(await response.text()).slice(0, 200)}`);
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

/** JSON in which integers that a JS number cannot hold are text, digit for digit. */
export function parsePage(text: string): Page {
  const exact = (_key: string, value: unknown, { source }: { readonly source?: string }): unknown =>
    typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Page;
}

const BYTES: Readonly<Record<string, number>> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

/** Bytes of a size such as `123B` or `1.50MB`. */
export function bytesOf(text: unknown): number {
  return Math.round(measureOf(text, BYTES));
}

/** Milliseconds of a duration such as `1.50s`. */
export function msOf(text: unknown): number {
  return measureOf(text, MS);
}

function measureOf(text: unknown, units: Readonly<Record<string, number>>): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(String(text)) ?? [];
  const factor = units[unit];
  if (factor === undefined)
    throw new Error(`measure of Trino: got ${String(text)}; allowed: a number with ${Object.keys(units).join(', ')}`);
  return Number(number) * factor;
}
