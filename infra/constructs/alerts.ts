import { Aws, Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { RULES_FOLDER } from '../../lake/rules/log.ts';
import { SNOOZES_KEY } from '../../lake/snoozes.ts';
import { ALERT_DELIVERY_TABLE } from '../../lake/tables.ts';
import type { Installation } from '../installation.ts';
import { arnOf, bucketArn, functionName, type Names } from '../names.ts';
import { failureQueue } from './failure-queue.ts';
import { deliveryAccess, keyAccess, stateAccess } from './permissions.ts';
import { ScheduledFunction } from './scheduled-function.ts';
import type { Storage } from './storage.ts';

/** Where alerts and alarms go. */
export class Subscribers extends Construct {
  readonly bus: EventBus;
  readonly alertTopic: Topic;
  readonly alarmTopic: Topic;
  /** Names of the queues of messages that a subscription did not take. */
  readonly failureNames: readonly string[];

  constructor(
    scope: Construct,
    id: string,
    { names, key, email }: { readonly names: Names; readonly key: IKey; readonly email: string | undefined },
  ) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: names.bus, description: 'Alerts, for rules of subscribers.', kmsKey: key });
    this.alertTopic = topic(this, 'AlertTopic', { name: names.alertTopic, key });
    this.alarmTopic = topic(this, 'AlarmTopic', { name: names.alarmTopic, key });
    this.alarmTopic.addToResourcePolicy(alarmsMayPublish(names, this.alarmTopic));
    this.failureNames = email === undefined ? [] : [`${names.prefix}-alarm-failures`];
    if (email === undefined) return;
    const undelivered = failureQueue(this, 'AlarmFailures', { name: `${names.prefix}-alarm-failures`, key });
    this.alarmTopic.addSubscription(new EmailSubscription(email, { deadLetterQueue: undelivered }));
  }
}

function topic(scope: Construct, id: string, { name, key }: { readonly name: string; readonly key: IKey }): Topic {
  return new Topic(scope, id, { topicName: name, masterKey: key, enforceSSL: true });
}

/** A topic with a policy of its own has lost the default one, which let alarms in. */
function alarmsMayPublish({ prefix }: Names, { topicArn }: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: 'Alarms',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topicArn],
    conditions: {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': arnOf('cloudwatch', `alarm:${prefix}-*`) },
    },
  });
}

const TIMEOUT_S = 60;
const BATCH_RECORDS = 100;
/** Until the table's stream drops them after a day; the alert items themselves stay, and each tick looks for those waiting. */
const UNBOUNDED = -1;

/** Only new alert items start the delivery, not the ten thousand other writes. */
const NEW_ALERTS = { eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix: 'alert#' }] } } } };

/** Takes alerts from the state table's stream to the subscribers; each minute, those that wait. */
export class AlertDelivery extends Construct {
  readonly scheduled: ScheduledFunction;
  readonly mapping: CfnEventSourceMapping;
  /** Name of the queue with the places of stream records that the mapping gave up. */
  readonly failuresName: string;

  constructor(scope: Construct, id: string, installation: Installation, storage: Storage & { readonly busArn: string }) {
    super(scope, id);
    const { names, size, operationsKey, alertTopicArn, tables } = installation;
    this.failuresName = `${functionName(names, 'deliver-alerts')}-stream-failures`;
    const failures = failureQueue(this, 'StreamFailures', { name: this.failuresName, key: operationsKey });
    this.scheduled = new ScheduledFunction(this, 'Scheduled', {
      installation,
      service: 'deliver-alerts',
      description: 'Decides what of the alerts is told, and tells bus and topic; rests while one is down.',
      memoryMb: size.helperMb,
      timeoutS: TIMEOUT_S,
      every: Duration.minutes(1),
      retries: 0,
      permissions: [
        {
          sid: 'TableStream',
          actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
          resources: [storage.tableStreamArn],
        },
        // Listing streams knows no resources: see acknowledgements.ts. The mapping is refused without it.
        { sid: 'TableStreams', actions: ['dynamodb:ListStreams'], resources: ['*'] },
        stateAccess(storage.tableArn),
        ...deliveryAccess(
          names,
          tables.filter(({ name }) => name === ALERT_DELIVERY_TABLE),
        ).filter(({ sid }) => sid === 'Delivery'),
        { sid: 'Snoozes', actions: ['s3:GetObject'], resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}${SNOOZES_KEY}`)] },
        { sid: 'Rules', actions: ['s3:GetObject'], resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}${RULES_FOLDER}*`)] },
        // Without it an object that is not there is a refusal.
        { sid: 'SnoozesBucket', actions: ['s3:ListBucket'], resources: [bucketArn(names.lakeBucket)] },
        { sid: 'Bus', actions: ['events:PutEvents'], resources: [storage.busArn] },
        { sid: 'Topic', actions: ['sns:Publish'], resources: [alertTopicArn] },
        { sid: 'StreamFailures', actions: ['sqs:SendMessage'], resources: [failures.queueArn] },
        keyAccess(storage.stateKey, storage.lakeKey),
      ],
    });
    this.mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: this.scheduled.function.function.functionArn,
      eventSourceArn: storage.tableStreamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: BATCH_RECORDS,
      filterCriteria: { filters: [{ pattern: JSON.stringify(NEW_ALERTS) }] },
      maximumRetryAttempts: UNBOUNDED,
      maximumRecordAgeInSeconds: UNBOUNDED,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destination: failures.queueArn } },
      metricsConfig: { metrics: ['EventCount'] },
    });
    this.mapping.node.addDependency(this.scheduled.function.role);
  }
}
