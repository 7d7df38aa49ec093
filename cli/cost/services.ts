import { compactedBytes, compactionUsages } from './compaction.ts';
import { ALERT_SHARE, GB, KEY_BYTES, LOG_BYTES, MONTH_HOURS, MONTH_S, PARQUET_ROW_BYTES, QUERIES_MONTH, TB } from './constants.ts';
import type { PriceName } from './prices.ts';
import type { Workload } from './workload.ts';

/** One line of the bill: so many units of one price a month. */
export interface Usage {
  readonly service: string;
  readonly price: PriceName;
  readonly quantity: number;
  /** What of the stack it is for, where that is told apart. */
  readonly part?: 'compaction';
}

const PUT_UNIT_BYTES = 25 * 1024;
const DAY_S = 86_400;
/** Retention is a week; a day is in the price of a shard. */
const EXTENDED_DAYS = 6;
/** Metadata extraction takes about so long for one row, s; an assumption. */
const EXTRACTION_S = 20e-6;
/** Alert delivery gathers for a second, then takes up to this many alerts. */
const ALERTS_AT_ONCE = 100;
const OBJECT_CALL_S = 0.1;
const ALERT_CALL_S = 0.05;
const SMALL_FUNCTION_GB = 0.25;
const CLOSE_WAIT_S = 0.5;
/** CPU of the closer for one row it emits, s: reading its profile or slice, and sending; an assumption. */
const CLOSE_ROW_S = 100e-6;
/** Keys are cached for five minutes by each service on each shard. */
const KEY_CALLS_PER_SHARD_S = 4 / 300;
const KEY_CALLS_S = 0.05;
const GETS_PER_QUERY = 200;
const GLUE_CALLS_PER_QUERY = 10;

/** What a workload is billed for, a month; a price may stand in several lines. */
export function usagesOf(work: Workload): Usage[] {
  const parts = [kinesis, lambda, dynamo, firehose, storage, keysAndLogs, alerts, compactionUsages];
  return parts.flatMap((usages) => usages(work));
}

/** The same stream in on-demand mode, for comparison. */
export function onDemandStream({ ratePerS, bytes }: Workload): Usage[] {
  const inGb = (ratePerS * MONTH_S * Math.ceil((bytes + KEY_BYTES) / 1024) * 1024) / GB;
  const rawGb = (ratePerS * (bytes + KEY_BYTES)) / GB;
  return [
    { service: 'Kinesis', price: 'kinesisOnDemandStreamHour', quantity: MONTH_HOURS },
    { service: 'Kinesis', price: 'kinesisOnDemandInGb', quantity: inGb },
    { service: 'Kinesis', price: 'kinesisOnDemandOutGb', quantity: rawGb * MONTH_S },
    { service: 'Kinesis', price: 'kinesisOnDemandExtendedGbMonth', quantity: rawGb * DAY_S * EXTENDED_DAYS },
  ];
}

/** The stream as deployed: provisioned shards. */
export function provisionedStream({ ratePerS, bytes, shards }: Workload): Usage[] {
  const service = 'Kinesis';
  return [
    { service, price: 'kinesisShardHour', quantity: shards * MONTH_HOURS },
    { service, price: 'kinesisExtendedShardHour', quantity: shards * MONTH_HOURS },
    { service, price: 'kinesisPutUnit', quantity: ratePerS * MONTH_S * Math.ceil((bytes + KEY_BYTES) / PUT_UNIT_BYTES) },
  ];
}

const kinesis = provisionedStream;

function alertsPerS({ ratePerS, shape }: Workload): number {
  return shape.isJudged ? ratePerS * ALERT_SHARE : 0;
}

function callsPerS(work: Workload): {
  readonly processor: number;
  readonly closer: number;
  readonly alerts: number;
  readonly objects: number;
} {
  const alerting = alertsPerS(work);
  return {
    processor: work.batchesPerS,
    closer: work.flow.closesPerS,
    alerts: Math.min(alerting, 1 + alerting / ALERTS_AT_ONCE),
    objects: objectsPerS(work),
  };
}

function objectsPerS({ tables }: Workload): number {
  return sum(tables.map((table) => table.objectsPerS));
}

function lambda(work: Workload): Usage[] {
  const { size, shape, tables } = work;
  const calls = callsPerS(work);
  const emitted = [...shape.slices.map(({ name }) => name), ...shape.sessions];
  const emittedPerS = sum(tables.filter(({ table }) => emitted.includes(table)).map(({ rowsPerS }) => rowsPerS));
  const gbS =
    calls.processor * work.invocationS * (size.processorMb / 1024) +
    (calls.closer * CLOSE_WAIT_S + emittedPerS * CLOSE_ROW_S) * (size.closerMb / 1024) +
    (calls.alerts * ALERT_CALL_S + calls.objects * OBJECT_CALL_S) * SMALL_FUNCTION_GB;
  return [
    { service: 'Lambda', price: 'lambdaRequest', quantity: sum(Object.values(calls)) * MONTH_S },
    { service: 'Lambda', price: 'lambdaArmGbSecond', quantity: gbS * MONTH_S },
  ];
}

function dynamo({ state }: Workload): Usage[] {
  const service = 'DynamoDB';
  return [
    { service, price: 'dynamoWriteUnit', quantity: state.writeUnitsPerS * MONTH_S },
    { service, price: 'dynamoReadUnit', quantity: state.readUnitsPerS * MONTH_S },
    { service, price: 'dynamoStorageGbMonth', quantity: state.storedBytes / GB },
    { service, price: 'dynamoPitrGbMonth', quantity: state.storedBytes / GB },
  ];
}

function firehose(work: Workload): Usage[] {
  const service = 'Firehose';
  const billedGb = (sum(work.tables.map(({ billedBytesPerS }) => billedBytesPerS)) * MONTH_S) / GB;
  const rawGb = (sum(work.tables.map(({ bytesPerS }) => bytesPerS)) * MONTH_S) / GB;
  const rows = sum(work.tables.map(({ rowsPerS }) => rowsPerS)) * MONTH_S;
  return [
    { service, price: 'firehoseGb', quantity: billedGb },
    { service, price: 'firehoseConversionGb', quantity: billedGb },
    { service, price: 'firehosePartitionGb', quantity: rawGb },
    { service, price: 'firehosePartitionObject', quantity: objectsPerS(work) * MONTH_S },
    { service, price: 'firehoseJqHour', quantity: (rows * EXTRACTION_S) / 3600 },
  ];
}

function storage(work: Workload): Usage[] {
  const objects = objectsPerS(work) * MONTH_S;
  const partitions = work.tables.length * MONTH_HOURS;
  return [
    { service: 'S3', price: 's3PutRequest', quantity: objects },
    { service: 'S3', price: 's3GetRequest', quantity: QUERIES_MONTH * GETS_PER_QUERY },
    { service: 'S3', price: 's3StorageGbMonth', quantity: compactedBytes(work.tables) / GB },
    { service: 'Glue', price: 'glueObjectMonth', quantity: partitions },
    { service: 'Glue', price: 'glueRequest', quantity: partitions + objects + QUERIES_MONTH * GLUE_CALLS_PER_QUERY },
    { service: 'Athena', price: 'athenaTb', quantity: (QUERIES_MONTH * work.ratePerS * DAY_S * PARQUET_ROW_BYTES) / TB },
  ];
}

function keysAndLogs(work: Workload): Usage[] {
  const { size, shards } = work;
  const calls = sum(Object.values(callsPerS(work))) * MONTH_S;
  return [
    { service: 'KMS', price: 'kmsKeyMonth', quantity: size.keys },
    { service: 'KMS', price: 'kmsRequest', quantity: (KEY_CALLS_S + shards * KEY_CALLS_PER_SHARD_S + objectsPerS(work)) * MONTH_S },
    { service: 'CloudWatch', price: 'cloudwatchMetricMonth', quantity: size.metrics },
    { service: 'CloudWatch', price: 'cloudwatchAlarmMonth', quantity: size.alarms },
    { service: 'CloudWatch', price: 'cloudwatchDashboardMonth', quantity: size.dashboards },
    { service: 'CloudWatch', price: 'cloudwatchLogsGb', quantity: (calls * LOG_BYTES) / GB },
    { service: 'X-Ray', price: 'xrayTrace', quantity: calls * size.tracedShare },
  ];
}

function alerts(work: Workload): Usage[] {
  const sent = alertsPerS(work) * MONTH_S;
  return [
    { service: 'EventBridge', price: 'eventbridgeEvent', quantity: sent },
    { service: 'SNS', price: 'snsPublish', quantity: sent },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
