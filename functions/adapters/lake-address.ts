import { GetTableCommand, type GlueClient } from '@aws-sdk/client-glue';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { type RetryOptions, withRetry } from './retry.ts';

/** Address of a table's files: `s3://<bucket>/lake/…`. */
const ADDRESS = /^s3:\/\/([^/]+)\/(.*)$/;

/** The bucket that a catalogued table of the lake lies in. Throws ServiceError, and Error for a table that lies elsewhere than in a lake. */
export async function lakeBucketOf(client: GlueClient, database: string, table: string, retry: RetryOptions): Promise<string> {
  const target = `table ${database}.${table}`;
  const command = new GetTableCommand({ DatabaseName: database, Name: table });
  const answer = await withRetry(retry, { action: 'glue:GetTable', target }, () => client.send(command));
  const location = answer.Table?.StorageDescriptor?.Location ?? '';
  const [, bucket, key = ''] = ADDRESS.exec(location) ?? [];
  if (bucket === undefined || !key.startsWith(LAKE_FOLDER))
    throw new Error(`${target} lies at "${location}"; allowed: s3://BUCKET/${LAKE_FOLDER}…, as it was deployed. Deploy the stack again.`);
  return bucket;
}
