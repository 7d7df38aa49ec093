import { Size as Bytes, Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import type { Installation } from '../installation.ts';
import { arnOf, bucketArn } from '../names.ts';
import { keyAccess } from './permissions.ts';
import { ScheduledFunction } from './scheduled-function.ts';

/** The longest that Lambda lets a function run: what is left is done by the next tick. */
const TIMEOUT_S = 900;
/** Files of one hour on their way: those that landed, what is sorted, what is written. */
const SCRATCH_GIB = 4;

/** Makes generations of settled hours every quarter of an hour, of published hours when late files land, and removes what nobody needs. */
export class Compaction extends Construct {
  readonly scheduled: ScheduledFunction;

  constructor(scope: Construct, id: string, installation: Installation, lakeKey: IKey) {
    super(scope, id);
    const { names, tables, size } = installation;
    const objects = (folder: string): string => bucketArn(names.lakeBucket, `${LAKE_FOLDER}*/${folder}*`);
    this.scheduled = new ScheduledFunction(this, 'Scheduled', {
      installation,
      service: 'compact',
      description: 'Makes large sorted files of what landed, and publishes them once another reader has found them right.',
      memoryMb: size.compactionMb,
      timeoutS: TIMEOUT_S,
      // The engine's library comes with the installation of whoever deploys, for this architecture.
      architecture: Architecture.X86_64,
      scratch: Bytes.gibibytes(SCRATCH_GIB),
      every: Duration.minutes(15),
      also: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [names.lakeBucket] }, object: { key: Match.wildcard(`${LAKE_FOLDER}*/landing/*`) } },
      },
      // The next tick does what a failed call has left.
      retries: 0,
      permissions: [
        { sid: 'ReadLanding', actions: ['s3:DeleteObject', 's3:GetObject'], resources: [objects('landing/')] },
        { sid: 'Generations', actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], resources: [objects('gen=')] },
        { sid: 'Manifests', actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], resources: [objects('manifest/')] },
        { sid: 'Aside', actions: ['s3:DeleteObject'], resources: [objects('aside/')] },
        { sid: 'ListLake', actions: ['s3:ListBucket'], resources: [bucketArn(names.lakeBucket)] },
        {
          sid: 'Catalogue',
          actions: [
            'glue:BatchCreatePartition',
            'glue:DeletePartition',
            'glue:BatchUpdatePartition',
            'glue:GetPartitions',
            'glue:GetTable',
          ],
          resources: [
            arnOf('glue', 'catalog'),
            arnOf('glue', `database/${names.landingDatabase}`),
            ...tables.map(({ name }) => arnOf('glue', `table/${names.landingDatabase}/${name}`)),
          ],
        },
        keyAccess(lakeKey),
      ],
    });
  }
}
