import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ServiceName } from '../lake/metrics.ts';
import type { TableSchema } from '../lake/schema.ts';
import type { Retention } from '../lake/tables.ts';
import type { EnvironmentConfig } from './config.ts';
import type { Names } from './names.ts';
import type { Size } from './sizes.ts';

/** What an app is made from: one environment, one pipeline, the built functions. */
export interface Ingredients {
  readonly config: EnvironmentConfig;
  /** Name of the pipeline. */
  readonly pipeline: string;
  readonly tables: readonly TableSchema[];
  /** How long the lake keeps what, and where. */
  readonly retention: Retention;
  /** Folder with the built code of a function. */
  readonly assetDir: (service: ServiceName) => string;
}

/** What every function of one environment is told. */
export interface Installation extends Ingredients {
  readonly names: Names;
  readonly size: Size;
  readonly logRetention: RetentionDays;
  readonly operationsKey: IKey;
  readonly streamArn: string;
  readonly alertTopicArn: string;
  /** Topic of the operators: alarms, and approvals that are asked for. */
  readonly operatorTopicArn: string;
}
