import { Aws } from 'aws-cdk-lib';
import type { ServiceName } from '../lake/metrics.ts';

/** Explicit names of the resources of one environment; tools find them by this convention. */
export interface Names {
  /** `headrace-ENV`: begins every other name. */
  readonly prefix: string;
  readonly stream: string;
  readonly stateTable: string;
  /** Database of the views that people query. */
  readonly database: string;
  /** Database of the landed tables, repeats included, that the views read. */
  readonly landingDatabase: string;
  readonly workgroup: string;
  readonly bus: string;
  /** State machine of backfills. */
  readonly backfill: string;
  /** Topic of alerts, for subscribers. */
  readonly alertTopic: string;
  /** Topic of alarms, for operators. */
  readonly alarmTopic: string;
  /** Namespace of the functions' own metrics. */
  readonly metricNamespace: string;
  /** Buckets: unique in the world by account and region. */
  readonly lakeBucket: string;
  readonly resultsBucket: string;
  readonly failuresBucket: string;
  readonly accessLogBucket: string;
}

/** Names of an environment's resources. */
export function namesOf(env: string): Names {
  const prefix = `headrace-${env}`;
  const bucket = (role: string): string => `${prefix}-${role}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
  return {
    prefix,
    stream: `${prefix}-events`,
    stateTable: `${prefix}-state`,
    database: prefix.replaceAll('-', '_'),
    landingDatabase: `${prefix.replaceAll('-', '_')}_landing`,
    workgroup: prefix,
    bus: prefix,
    backfill: `${prefix}-backfill`,
    alertTopic: `${prefix}-alerts`,
    alarmTopic: `${prefix}-alarms`,
    metricNamespace: `Headrace/${env}`,
    lakeBucket: bucket('lake'),
    resultsBucket: bucket('results'),
    failuresBucket: bucket('failures'),
    accessLogBucket: bucket('access-logs'),
  };
}

/** Name of a function. */
export function functionName({ prefix }: Names, service: ServiceName): string {
  return `${prefix}-${service}`;
}

/** ARN of a resource of this account and region. */
export function arnOf(service: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}

/** ARN of a bucket, or with a path of objects in it. */
export function bucketArn(bucket: string, path?: string): string {
  return `arn:${Aws.PARTITION}:s3:::${bucket}${path === undefined ? '' : `/${path}`}`;
}
