import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** As long as a queue can keep a message: two weeks to look. */
const RETENTION_DAYS = 14;

/** A queue for what could not be done; its depth alarms. */
export function failureQueue(scope: Construct, id: string, { name, key }: { readonly name: string; readonly key: IKey }): Queue {
  return new Queue(scope, id, {
    queueName: name,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.days(RETENTION_DAYS),
  });
}
