import { LAKE_FOLDER, landedTable } from '../lake/delivery-format.ts';
import { landingPrefix } from '../lake/names.ts';
import type { ColumnType, TableSchema } from '../lake/schema.ts';

/** One column of the catalogue; types are Hive's. */
export interface GlueColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

/** What the catalogue holds of one table. Members are named as in CloudFormation. */
export interface GlueTableInput {
  readonly name: string;
  readonly description: string;
  readonly tableType: 'EXTERNAL_TABLE';
  readonly parameters: Readonly<Record<string, string>>;
  readonly partitionKeys: GlueColumn[];
  readonly storageDescriptor: {
    readonly columns: GlueColumn[];
    readonly location: string;
    readonly inputFormat: string;
    readonly outputFormat: string;
    readonly serdeInfo: { readonly serializationLibrary: string; readonly parameters: Readonly<Record<string, string>> };
  };
}

/** Partition keys of every table, in the order of partition values. */
export const PARTITION_KEYS: readonly GlueColumn[] = [
  { name: 'dt', type: 'string', comment: 'UTC day of the partition column, YYYY-MM-DD.' },
  { name: 'hour', type: 'string', comment: 'UTC hour of the partition column, HH.' },
];

const PARQUET = 'org.apache.hadoop.hive.ql.io.parquet';
/** Longest column comment that the catalogue takes. */
const COMMENT_LENGTH_MAX = 255;

/**
 * Table input of a lake table whose files lie in `bucket`, with the columns as Firehose lands them (blobs as base64 text). Hours are
 * registered one by one: no partition projection, which would pass over the location of a registered hour.
 */
export function glueTable(table: TableSchema, bucket: string): GlueTableInput {
  return {
    name: table.name,
    description: table.description,
    tableType: 'EXTERNAL_TABLE',
    parameters: { EXTERNAL: 'TRUE', classification: 'parquet' },
    partitionKeys: [...PARTITION_KEYS],
    storageDescriptor: {
      columns: landedTable(table).columns.map(({ name, type, description }) => ({
        name,
        type: glueType(type),
        comment: description.slice(0, COMMENT_LENGTH_MAX),
      })),
      location: `s3://${bucket}/${LAKE_FOLDER}${landingPrefix(table.name)}`,
      inputFormat: `${PARQUET}.MapredParquetInputFormat`,
      outputFormat: `${PARQUET}.MapredParquetOutputFormat`,
      serdeInfo: { serializationLibrary: `${PARQUET}.serde.ParquetHiveSerDe`, parameters: { 'serialization.format': '1' } },
    },
  };
}

/** Hive's name of a lake type. */
export function glueType(type: ColumnType): string {
  if (typeof type === 'object') return `decimal(${type.decimal.precision},${type.decimal.scale})`;
  switch (type) {
    case 'integer':
      return 'int';
    case 'blob':
      return 'binary';
    case 'list<string>':
      return 'array<string>';
    default:
      return type;
  }
}
