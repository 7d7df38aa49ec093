import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What functions read and write, as other stacks made it. */
export interface Storage {
  readonly tableArn: string;
  readonly tableStreamArn: string;
  readonly streamKey: IKey;
  readonly stateKey: IKey;
  readonly lakeKey: IKey;
}
