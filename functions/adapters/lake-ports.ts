import { join } from 'node:path';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';
import type { CompactionPorts } from '../../lake/compaction/ports.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { clientOptions } from './client-options.ts';
import { GlueCatalogue } from './glue-catalogue.ts';
import type { RetryOptions } from './retry.ts';
import { S3ObjectFiles } from './s3-object-files.ts';
import { S3ObjectStore } from './s3-object-store.ts';

/** Objects of one folder of a bucket, one by one and as files. */
export interface StoredFolder {
  readonly objects: ObjectStore;
  readonly files: ObjectFiles;
}

/** Where the lake of an installation is, and what its functions may use of this process. */
export interface LakePortsOptions {
  readonly bucket: string;
  /** Database of the landed tables. */
  readonly database: string;
  /** Folder for files on their way. */
  readonly folder: string;
  /** Memory of the engine that writes generations, MiB. */
  readonly writerMb: number;
  /** Longest that one call may take, ms. */
  readonly callTimeoutMs: number;
  readonly retry: RetryOptions;
}

/** The deployed lake as functions change it, and other folders of its bucket. */
export interface DeployedLake {
  readonly lake: CompactionPorts & Required<Pick<CompactionPorts, 'catalogue'>>;
  /** Objects below a prefix that ends in `/`. */
  readonly folderOf: (prefix: string) => StoredFolder;
}

/** Ports of the deployed lake: objects and files in S3, partitions in Glue. */
export function deployedLake({ bucket, database, folder, writerMb, callTimeoutMs, retry }: LakePortsOptions): DeployedLake {
  const client = new S3Client(clientOptions(callTimeoutMs));
  const folderOf = (prefix: string): StoredFolder => {
    const at = { client, bucket, prefix, retry };
    return { objects: new S3ObjectStore(at), files: new S3ObjectFiles({ ...at, folder: join(folder, prefix) }) };
  };
  const { objects, files } = folderOf(LAKE_FOLDER);
  const catalogue = new GlueCatalogue({
    client: new GlueClient(clientOptions(callTimeoutMs)),
    database,
    lakeUri: `s3://${bucket}/${LAKE_FOLDER}`,
    retry,
  });
  const writer = new GenerationWriter({ scratch: files.scratch('writer'), memoryMb: writerMb });
  return { lake: { objects, files, writer, catalogue, clock: Date.now }, folderOf };
}
