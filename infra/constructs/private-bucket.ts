import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What a private bucket needs; the rest of its settings is the same for all. */
export interface PrivateBucketProps {
  readonly bucketName: string;
  readonly key: IKey;
  readonly accessLogs: Bucket;
  readonly lifecycleRules: LifecycleRule[];
}

/** A bucket with its own key, TLS only, versions, no public access, and a log of every access. */
export function privateBucket(scope: Construct, id: string, { bucketName, key, accessLogs, lifecycleRules }: PrivateBucketProps): Bucket {
  return new Bucket(scope, id, {
    ...SETTINGS,
    bucketName,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    versioned: true,
    lifecycleRules,
    // The library's own class and interface differ in one optional property under strict types.
    serverAccessLogsBucket: accessLogs as IBucket,
    serverAccessLogsPrefix: `${id.toLowerCase()}/`,
  });
}

/** Settings that every bucket has. */
export const SETTINGS = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
} as const satisfies BucketProps;
