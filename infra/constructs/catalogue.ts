import { Aws } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { athenaView } from '../../glue/athena-views.ts';
import { glueTable } from '../../glue/tables.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { Names } from '../names.ts';

/** What the catalogue needs. */
export interface CatalogueProps {
  readonly names: Names;
  readonly tables: readonly TableSchema[];
}

/** Two databases: the landed tables, and over them the views that people query. */
export class Catalogue extends Construct {
  /** Landed table by the name of its schema. */
  readonly landed: ReadonlyMap<string, CfnTable>;

  constructor(scope: Construct, id: string, { names, tables }: CatalogueProps) {
    super(scope, id);
    const landing = this.database('Landing', names.landingDatabase, 'Rows as they landed, repeats included. Query the views instead.');
    const views = this.database('Views', names.database, 'What people query: each row once, money as DECIMAL.');
    this.landed = new Map(tables.map((table) => [table.name, this.landedTable(table, names, landing)]));
    for (const table of tables) {
      const view = new CfnTable(this, `View-${table.name}`, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: names.database,
        tableInput: athenaView(table, { source: names.landingDatabase, shown: names.database }),
      });
      view.node.addDependency(views);
    }
  }

  private database(id: string, name: string, description: string): CfnDatabase {
    return new CfnDatabase(this, id, { catalogId: Aws.ACCOUNT_ID, databaseInput: { name, description } });
  }

  private landedTable(table: TableSchema, names: Names, database: CfnDatabase): CfnTable {
    const made = new CfnTable(this, `Table-${table.name}`, {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: names.landingDatabase,
      tableInput: glueTable(table, names.lakeBucket),
    });
    made.node.addDependency(database);
    return made;
  }
}
