import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Installation } from '../installation.ts';
import { deliveryAccess, keyAccess, shardAccess, stateAccess } from './permissions.ts';
import { ScheduledFunction } from './scheduled-function.ts';
import type { Storage } from './storage.ts';

/** A round closes what became final in a minute; after a standstill it closes hours at once. */
const TIMEOUT_S = 300;

/** Closes windows each minute. */
export class Closer extends Construct {
  readonly scheduled: ScheduledFunction;

  constructor(scope: Construct, id: string, installation: Installation, storage: Storage) {
    super(scope, id);
    this.scheduled = new ScheduledFunction(this, 'Scheduled', {
      installation,
      service: 'close-windows',
      description: 'Closes windows behind the least watermark and delivers their rows.',
      memoryMb: installation.size.closerMb,
      timeoutS: TIMEOUT_S,
      every: Duration.minutes(1),
      retries: 0,
      permissions: [
        shardAccess(installation.streamArn),
        stateAccess(storage.tableArn),
        ...deliveryAccess(installation.names, installation.tables),
        keyAccess(storage.streamKey, storage.stateKey, storage.lakeKey),
      ],
    });
  }
}
