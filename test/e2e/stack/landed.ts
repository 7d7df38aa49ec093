import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tablesOf } from '../../../lake/tables.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { PLACE_COLUMNS, plainRows, type Rows } from '../compare.ts';
import type { StackWorld } from './world.ts';

/** Tables whose rows are compared; the archive is by the ledger, row by row. */
export const COMPARED = [
  'transactions',
  'labels',
  'decisions',
  'alerts',
  'late_events',
  'quarantine',
  'payments_1m',
  'payments_1h',
  'terminal_1h',
  'customer_session',
];

/** Columns that say where a record lay and how far windows were closed when it came: they differ with the pace, not with the events. */
const PACE_COLUMNS: readonly string[] = [...PLACE_COLUMNS, 'tile_frontier'];

/** What lies in the lake of a deployed stack, read by an engine of its own from copies of the files. */
export class Landed {
  private readonly world: StackWorld;
  private readonly folder: string;

  /** `folder` takes the copies. */
  constructor(world: StackWorld, folder: string) {
    this.world = world;
    this.folder = folder;
  }

  /** Each table's rows without the columns of place, repeats once. */
  async tables(): Promise<Record<string, Rows>> {
    const files = await this.copy();
    return plainRows([], await comparedQueries(files, (column) => column));
  }

  /** Rows of a query over the landed rows of one table, repeats once. */
  async rows(table: string, columns: string, where = 'true'): Promise<Rows> {
    const files = await this.copy();
    const { found = [] } = await plainRows([], { found: `SELECT DISTINCT ${columns} FROM ${files(table)} WHERE ${where}` });
    return found;
  }

  /** Id and fate of each alert, as the delivery has recorded them, once there are so many alerts among them; undefined before. */
  async deliveries(alerts: number): Promise<Rows | undefined> {
    if (!(await this.world.objects()).some((key) => key.startsWith('lake/alert_deliveries/landing/'))) return undefined;
    const found = await this.rows('alert_deliveries', 'alert_id, delivery');
    return new Set(found.map(([id]) => id)).size >= alerts ? found : undefined;
  }

  /** Each table's rows in the files that the catalogue points at, as Athena finds them; the copies get a folder of this name. */
  async inCatalogue(name: string): Promise<Record<string, Rows>> {
    const lake = join(this.folder, name);
    await this.world.download(lake);
    const files = new Map<string, string>();
    for (const table of COMPARED) {
      const folders = (await this.world.folders(table)).filter((one) => existsSync(join(lake, one)));
      files.set(table, `read_parquet([${folders.map((one) => `'${lake}/${one}*.parquet'`).join(', ')}], hive_partitioning = false)`);
    }
    return plainRows(
      [],
      await comparedQueries(
        (table) => files.get(table) ?? '',
        (column) => column,
      ),
    );
  }

  /** Copies everything; the relation of the landed rows of a table. */
  private async copy(): Promise<(table: string) => string> {
    const lake = join(this.folder, 'stack');
    await this.world.download(lake);
    return (table) => `read_parquet('${lake}/lake/${table}/landing/**/*.parquet', hive_partitioning = false)`;
  }
}

/** Queries of the compared columns of each table. Bytes are compared as the base64 text that Firehose lands, which `blob` makes of a column. */
export async function comparedQueries(
  source: (table: string) => string,
  blob: (column: string) => string,
): Promise<Record<string, string>> {
  const { pipeline } = await loadPipeline('pipelines/payments');
  const compared = tablesOf(pipeline).filter(({ name }) => COMPARED.includes(name));
  return Object.fromEntries(
    compared.map(({ name, columns }) => {
      const kept = columns.filter((column) => !PACE_COLUMNS.includes(column.name));
      const shown = kept.map((column) => (column.type === 'blob' ? blob(column.name) : column.name));
      return [name, `SELECT DISTINCT ${shown.join(', ')} FROM ${source(name)}`];
    }),
  );
}
