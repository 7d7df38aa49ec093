import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, type CfnBucket, type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { WORK_FOLDER } from '../../functions/backfill/workflow/states.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import type { Names } from '../names.ts';
import { privateBucket, SETTINGS } from './private-bucket.ts';

/** What the lake needs. */
export interface LakeProps {
  readonly names: Names;
  readonly key: IKey;
  readonly tieringAfterDays: number;
  readonly oldVersionsDays: number;
}

const ACCESS_LOG_DAYS = 90;
/** Results can be had again by asking again. */
const RESULT_DAYS = 7;
/** Twice as long as the stream keeps what an on-failure object is about, and time to look. */
const FAILURE_DAYS = 90;
/** What a backfill worked with: longer than an approval may wait, and than the service can redrive an execution. */
const WORK_DAYS = 30;

const ABORT_UPLOADS: LifecycleRule = { id: 'abort-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) };
const expire = (days: number): LifecycleRule => ({
  id: 'expire',
  expiration: Duration.days(days),
  noncurrentVersionExpiration: Duration.days(1),
});

/** The lake's bucket, and beside it one for query results, one for batches that the mapping gave up, and one for access logs. */
export class Lake extends Construct {
  readonly bucket: Bucket;
  readonly results: Bucket;
  readonly failures: Bucket;

  constructor(scope: Construct, id: string, { names, key, tieringAfterDays, oldVersionsDays }: LakeProps) {
    super(scope, id);
    const accessLogs = accessLogBucket(this, names);
    const common = { key, accessLogs };
    this.bucket = privateBucket(this, 'Lake', {
      ...common,
      bucketName: names.lakeBucket,
      lifecycleRules: [
        ABORT_UPLOADS,
        {
          id: 'tiering',
          prefix: LAKE_FOLDER,
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(tieringAfterDays) }],
        },
        { id: 'backfill-work', prefix: WORK_FOLDER, expiration: Duration.days(WORK_DAYS) },
        { id: 'old-versions', noncurrentVersionExpiration: Duration.days(oldVersionsDays), expiredObjectDeleteMarker: true },
      ],
    });
    // New landing files register their hour. The property, not the construct's own way, which would add a function to set it.
    const settings = this.bucket.node.defaultChild as CfnBucket;
    settings.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    this.results = privateBucket(this, 'Results', {
      ...common,
      bucketName: names.resultsBucket,
      lifecycleRules: [ABORT_UPLOADS, expire(RESULT_DAYS)],
    });
    this.failures = privateBucket(this, 'Failures', {
      ...common,
      bucketName: names.failuresBucket,
      lifecycleRules: [ABORT_UPLOADS, expire(FAILURE_DAYS)],
    });
  }
}

/** Access logs are written by a service that takes no customer-managed key, and are not themselves logged. Each logged bucket adds its leave. */
function accessLogBucket(scope: Construct, names: Names): Bucket {
  return new Bucket(scope, 'AccessLogs', {
    ...SETTINGS,
    bucketName: names.accessLogBucket,
    encryption: BucketEncryption.S3_MANAGED,
    versioned: true,
    lifecycleRules: [ABORT_UPLOADS, expire(ACCESS_LOG_DAYS)],
  });
}
