import { CfnOutput, type IStackSynthesizer } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Alarms } from '../constructs/alarms.ts';
import { AlertDelivery, Subscribers } from '../constructs/alerts.ts';
import { Backfill } from '../constructs/backfill.ts';
import { Catalogue } from '../constructs/catalogue.ts';
import { Closer } from '../constructs/closer.ts';
import { Compaction } from '../constructs/compaction.ts';
import { Overview } from '../constructs/dashboard.ts';
import { Delivery } from '../constructs/delivery.ts';
import { Erasure } from '../constructs/erasure.ts';
import { EventStream } from '../constructs/event-stream.ts';
import { failureAlarms, type Watched } from '../constructs/failures.ts';
import { Keys } from '../constructs/keys.ts';
import { Lake } from '../constructs/lake.ts';
import { Partitions } from '../constructs/partitions.ts';
import { Processor } from '../constructs/processor.ts';
import { Query } from '../constructs/query.ts';
import { State } from '../constructs/state.ts';
import type { Storage } from '../constructs/storage.ts';
import { WatchedMetrics } from '../constructs/watched-metrics.ts';
import type { Ingredients, Installation } from '../installation.ts';
import { arnOf, type Names, namesOf } from '../names.ts';
import { SIZES } from '../sizes.ts';
import { HeadraceStack } from './headrace-stack.ts';

/**
 * Adds the stacks of one environment, in the order they are deployed in; with the roles of the bootstrap stack, unless `synthesizer`
 * makes something else for each stack.
 */
export function addStacks(scope: Construct, ingredients: Ingredients, synthesizer?: () => IStackSynthesizer): void {
  const { config, tables, retention } = ingredients;
  const names = namesOf(config.env);
  const size = SIZES[config.size];
  const stack = (role: string, description: string): HeadraceStack =>
    new HeadraceStack(scope, {
      prefix: names.prefix,
      role,
      description: `Headrace ${config.env}: ${description}`,
      ...(synthesizer === undefined ? {} : { synthesizer: synthesizer() }),
    });

  const keys = new Keys(stack('keys', 'encryption keys.'), 'Keys', { names, size });
  const logs = { logKey: keys.operations, logRetention: config.logRetentionDays as RetentionDays };
  const { stream } = new EventStream(stack('stream', 'event stream.'), 'EventStream', { names, key: keys.stream, shards: config.shards });
  const { table } = new State(stack('state', 'state table.'), 'State', { names, key: keys.state });

  const lakeStack = stack('lake', 'lake, catalogue, delivery, query.');
  const lake = new Lake(lakeStack, 'Lake', {
    names,
    key: keys.lake,
    tieringAfterDays: retention.tieringAfterDays,
    oldVersionsDays: config.oldVersionsDays,
  });
  const { landed } = new Catalogue(lakeStack, 'Catalogue', { names, tables });
  const delivery = new Delivery(lakeStack, 'Delivery', {
    names,
    tables,
    landed,
    lakeKey: keys.lake,
    ...logs,
    bufferS: size.deliveryBufferS,
  });
  delivery.node.addDependency(lake);
  new Query(lakeStack, 'Query', { names, key: keys.lake, tables, scanBytesMax: config.scanBytesMax }).node.addDependency(lake);

  const alertStack = stack('alerts', 'bus, topics, delivery of alerts.');
  const subscribers = new Subscribers(alertStack, 'Subscribers', { names, key: keys.operations, email: config.operatorEmail });
  const installation: Installation = {
    ...ingredients,
    names,
    size,
    logRetention: logs.logRetention,
    operationsKey: keys.operations,
    streamArn: stream.streamArn,
    alertTopicArn: subscribers.alertTopic.topicArn,
    operatorTopicArn: subscribers.alarmTopic.topicArn,
  };
  const storage: Storage = {
    tableArn: table.tableArn,
    tableStreamArn: table.tableStreamArn ?? '',
    streamKey: keys.stream,
    stateKey: keys.state,
    lakeKey: keys.lake,
  };
  const alerts = new AlertDelivery(alertStack, 'AlertDelivery', installation, { ...storage, busArn: subscribers.bus.eventBusArn });

  const processorStack = stack('processor', 'stream processor, closer, partitions, compaction, backfill.');
  processorStack.addStackDependency(lakeStack, 'functions deliver rows and register hours there');
  const functions = addFunctions(processorStack, installation, storage);
  addOutputs(processorStack, names, installation.alertTopicArn);

  addWatching(stack('observability', 'alarms and dashboard.'), {
    names,
    config,
    size,
    tables,
    alarmTopic: subscribers.alarmTopic,
    mappings: { 'process-stream': functions.mapping, 'deliver-alerts': alerts.mapping.ref },
    queues: [...[...functions.scheduled, alerts.scheduled, alerts].map(({ failuresName }) => failuresName), ...subscribers.failureNames],
  });
}

/** The functions of the processor stack; the mapping's id, and those that are started by the clock. */
function addFunctions(
  stack: HeadraceStack,
  installation: Installation,
  storage: Storage,
): { readonly mapping: string; readonly scheduled: readonly { readonly failuresName: string }[] } {
  const processor = new Processor(stack, 'Processor', installation, storage);
  const scheduled = [
    new Closer(stack, 'Closer', installation, storage),
    new Partitions(stack, 'Partitions', installation),
    new Compaction(stack, 'Compaction', installation, storage.lakeKey),
  ];
  const backfill = new Backfill(stack, 'Backfill', installation, storage);
  new Erasure(stack, 'Erasure', installation, storage);
  return { mapping: processor.mapping.ref, scheduled: [...scheduled.map((one) => one.scheduled), backfill] };
}

/** Alarms to the operators' topic, and the dashboard. */
function addWatching(stack: HeadraceStack, { alarmTopic, ...watched }: Omit<Watched, 'metrics'> & { readonly alarmTopic: ITopic }): void {
  const { names, tables } = watched;
  const metrics = new WatchedMetrics(names);
  const specs = failureAlarms({ ...watched, metrics });
  const alarms = new Alarms(stack, 'Alarms', { prefix: names.prefix, topic: alarmTopic, specs });
  new Overview(stack, 'Overview', { names, metrics, tables, alarmNames: alarms.names });
}

/** What tools look up. */
function addOutputs(stack: HeadraceStack, names: Names, topicArn: string): void {
  const outputs = {
    StreamName: names.stream,
    StateTableName: names.stateTable,
    LakeBucketName: names.lakeBucket,
    DatabaseName: names.database,
    LandingDatabaseName: names.landingDatabase,
    WorkgroupName: names.workgroup,
    BusName: names.bus,
    TopicArn: topicArn,
    DeliveryPrefix: names.prefix,
    BackfillArn: arnOf('states', `stateMachine:${names.backfill}`),
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
}
