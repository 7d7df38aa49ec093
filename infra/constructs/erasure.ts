import { Size as Bytes } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { WORK_FOLDER } from '../../functions/backfill/workflow/states.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { RULES_FOLDER } from '../../lake/rules/log.ts';
import { SNOOZES_KEY } from '../../lake/snoozes.ts';
import type { Installation } from '../installation.ts';
import { arnOf, bucketArn } from '../names.ts';
import { keyAccess, shardAccess, stateAccess } from './permissions.ts';
import { type Permission, PipelineFunction } from './pipeline-function.ts';
import type { Storage } from './storage.ts';

/** The longest that Lambda lets a function run: what is left is done by the next call. */
const TIMEOUT_S = 900;
/** A quarter each for the engines that look and write, the rest for Node. */
const MEMORY_MB = 2048;
/** Files of one hour on their way, and those that are looked through at once. */
const SCRATCH_GIB = 4;

/** Erasure of a key on request: the only function that rewrites rows of everybody's tables, and the only one that reads the secret. */
export class Erasure extends Construct {
  constructor(scope: Construct, id: string, installation: Installation, storage: Storage) {
    super(scope, id);
    new PipelineFunction(this, 'Function', {
      installation,
      service: 'forget',
      description: 'Masks one key in all tables, the archive and the state, and writes a receipt.',
      memoryMb: MEMORY_MB,
      timeoutS: TIMEOUT_S,
      // The engine's library comes with the installation of whoever deploys, for this architecture.
      architecture: Architecture.X86_64,
      scratch: Bytes.gibibytes(SCRATCH_GIB),
      permissions: erasureAccess(installation, storage),
    });
  }
}

function erasureAccess({ names, tables, streamArn }: Installation, storage: Storage): Permission[] {
  const lake = (folder: string): string => bucketArn(names.lakeBucket, `${LAKE_FOLDER}*/${folder}*`);
  return [
    { sid: 'Landing', actions: ['s3:DeleteObject', 's3:GetObject'], resources: [lake('landing/'), lake('aside/')] },
    { sid: 'Generations', actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], resources: [lake('gen=')] },
    { sid: 'Manifests', actions: ['s3:GetObject', 's3:PutObject'], resources: [lake('manifest/')] },
    {
      sid: 'Receipts',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}_erasure/*`), bucketArn(names.lakeBucket, 'erasure/secret')],
    },
    {
      sid: 'Work',
      actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      resources: [bucketArn(names.lakeBucket, `${WORK_FOLDER}*`)],
    },
    { sid: 'Rules', actions: ['s3:GetObject'], resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}${RULES_FOLDER}*`)] },
    {
      sid: 'Snoozes',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}${SNOOZES_KEY}`)],
    },
    { sid: 'ListLake', actions: ['s3:ListBucket'], resources: [bucketArn(names.lakeBucket)] },
    {
      sid: 'Catalogue',
      actions: ['glue:BatchCreatePartition', 'glue:BatchUpdatePartition', 'glue:GetPartitions', 'glue:GetTable'],
      resources: [
        arnOf('glue', 'catalog'),
        arnOf('glue', `database/${names.landingDatabase}`),
        ...tables.map(({ name }) => arnOf('glue', `table/${names.landingDatabase}/${name}`)),
      ],
    },
    stateAccess(storage.tableArn),
    shardAccess(streamArn),
    keyAccess(storage.streamKey, storage.stateKey, storage.lakeKey),
  ];
}
