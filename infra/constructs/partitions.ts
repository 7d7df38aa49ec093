import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import type { Installation } from '../installation.ts';
import { arnOf } from '../names.ts';
import { ScheduledFunction } from './scheduled-function.ts';

const TIMEOUT_S = 120;

/** Registers the coming hours with the catalogue each hour, and at once the hour of a landing file that is not registered yet. */
export class Partitions extends Construct {
  readonly scheduled: ScheduledFunction;

  constructor(scope: Construct, id: string, installation: Installation) {
    super(scope, id);
    const { names, tables, size } = installation;
    this.scheduled = new ScheduledFunction(this, 'Scheduled', {
      installation,
      service: 'register-partitions',
      description: 'Makes hours of the lake visible to queries.',
      memoryMb: size.helperMb,
      timeoutS: TIMEOUT_S,
      every: Duration.hours(1),
      also: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [names.lakeBucket] }, object: { key: Match.wildcard(`${LAKE_FOLDER}*/landing/*`) } },
      },
      // The next file of the same hour may be long in coming.
      retries: 2,
      permissions: [
        {
          sid: 'Catalogue',
          actions: ['glue:BatchCreatePartition', 'glue:GetPartitions', 'glue:GetTable'],
          resources: [
            arnOf('glue', 'catalog'),
            arnOf('glue', `database/${names.landingDatabase}`),
            ...tables.map(({ name }) => arnOf('glue', `table/${names.landingDatabase}/${name}`)),
          ],
        },
      ],
    });
  }
}
