import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { namedQueries } from '../../glue/queries.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { Names } from '../names.ts';

/** What queries need. */
export interface QueryProps {
  readonly names: Names;
  readonly key: IKey;
  readonly tables: readonly TableSchema[];
  readonly scanBytesMax: number;
}

/** The workgroup that analysts query in, whose settings they cannot change, and the shipped queries. */
export class Query extends Construct {
  constructor(scope: Construct, id: string, { names, key, tables, scanBytesMax }: QueryProps) {
    super(scope, id);
    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: names.workgroup,
      description: 'Queries on the lake.',
      state: 'ENABLED',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanBytesMax,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${names.resultsBucket}/results/`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn },
        },
      },
    });
    for (const { name, description, sql } of namedQueries(new Set(tables.map((table) => table.name)))) {
      const query = new CfnNamedQuery(this, name, {
        name,
        description,
        database: names.database,
        workGroup: names.workgroup,
        queryString: sql,
      });
      query.node.addDependency(workgroup);
    }
  }
}
