import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import type { TableSchema } from '../../lake/schema.ts';

/** Temporary minimal reader. */
export class LakeSql {
  private constructor(db0: DuckDBConnection) {
    this.db = db0;
  }
  private readonly db: DuckDBConnection;
  static async open({ lakeDir, tables }: { lakeDir: string; tables: readonly TableSchema[] }): Promise<LakeSql> {
    const db = await (await DuckDBInstance.create(':memory:')).connect();
    for (const { name, columns, idColumns } of tables) {
      if (!existsSync(`${lakeDir}/${name}/landing`)) {
        await db.run(`CREATE VIEW ${name} AS SELECT ${columns.map((c) => `NULL AS ${c.name}`).join(', ')} WHERE false`);
        continue;
      }
      await db.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${lakeDir}/${name}/landing/**/*.parquet', hive_partitioning = true) QUALIFY row_number() OVER (PARTITION BY ${idColumns.join(', ')}) = 1`);
    }
    return new LakeSql(db);
  }
  async query(sql: string): Promise<{ rows: unknown[][] }> {
    return { rows: (await this.db.runAndReadAll(sql)).getRowsJS() as unknown[][] };
  }
  async close(): Promise<void> {
    this.db.closeSync();
  }
}
