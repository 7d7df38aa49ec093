import { nullable, required } from './columns.ts';
import type { Column, TableSchema } from './schema.ts';

/** Table of ledgers: low volume, written row by row. */
export const LEDGER_TABLE = 'ledger';

/** Where a record stood in the stream. */
export function place(): Column[] {
  return [
    required('shard_id', 'string', 'Shard the record came from.'),
    required('sequence', 'string', 'Sequence number, decimal.'),
    required('sub_sequence', 'integer', 'Index inside an aggregated record, from 0.'),
  ];
}

/** When the stream took the record. */
export function arrival(): Column {
  return required('arrival_time', 'timestamp', 'When the stream took the record, UTC.');
}

const partitionKey = (): Column => required('partition_key', 'string', 'Partition key that the producer sent.');
const STREAM_ID = ['shard_id', 'sequence', 'sub_sequence'];

/** Every record as it came, and control rows where the context of a shard changed. */
export function archiveTable(): TableSchema {
  return {
    name: 'archive',
    description: 'Every record as it came, with the lane it went to; control rows hold context changes.',
    columns: [
      ...place(),
      required('kind', 'string', 'record, or context for a control row.'),
      arrival(),
      partitionKey(),
      nullable('data', 'blob', 'Original bytes; null in control rows.'),
      nullable('lane', 'string', 'accepted, late, duplicate or quarantined; null in control rows.'),
      nullable('watermark', 'timestamp', 'Watermark of the shard that the record was judged by.'),
      nullable('event_time', 'timestamp', 'When the event happened, UTC; null in control rows and quarantined records.'),
      nullable('key', 'string', 'Value of the partition-key field; null where event_time is.'),
      nullable('context', 'string', 'New context of the shard, a JSON object; control rows only.'),
    ],
    partitionColumn: 'arrival_time',
    idColumns: [...STREAM_ID, 'kind'],
    clusterColumns: ['shard_id'],
    money: [],
  };
}

/** Late events with the watermark that made them late. */
export function lateTable(): TableSchema {
  return {
    name: 'late_events',
    description: 'Events that came after the windows they belong to were final.',
    columns: [
      required('event_type', 'string', 'Type of the event.'),
      required('event_id', 'string', 'Id given by the producer.'),
      required('event_time', 'timestamp', 'When it happened, UTC.'),
      required('key', 'string', 'Value of the partition-key field.'),
      nullable('watermark', 'timestamp', 'Watermark of the shard at that moment.'),
      required('data', 'blob', 'Original bytes.'),
      partitionKey(),
      ...place(),
      arrival(),
    ],
    partitionColumn: 'event_time',
    idColumns: STREAM_ID,
    clusterColumns: ['key'],
    money: [],
  };
}

/** Bad data with the reason it was refused. */
export function quarantineTable(): TableSchema {
  return {
    name: 'quarantine',
    description: 'Records that are not valid events, with the reason and the original bytes.',
    columns: [
      ...place(),
      arrival(),
      partitionKey(),
      required('code', 'string', 'Stable upper-case code of the reason.'),
      required('path', 'string', 'Field path, or empty.'),
      required('message', 'string', 'What was wrong, the value received, what is allowed.'),
      required('data', 'blob', 'Original bytes.'),
    ],
    partitionColumn: 'arrival_time',
    idColumns: STREAM_ID,
    clusterColumns: ['code'],
    money: [],
  };
}

/** Snapshots of the ledger of each shard. */
export function ledgerTable(): TableSchema {
  const counters = ['seen', 'accepted', 'late', 'duplicate', 'quarantined', 'misrouted'];
  return {
    name: LEDGER_TABLE,
    description: 'Where every event of a shard went, as snapshots: seen = accepted + late + duplicate + quarantined.',
    columns: [
      required('recorded_at', 'timestamp', 'Processing time of the snapshot, UTC.'),
      required('shard_id', 'string', 'Shard.'),
      nullable('hi', 'string', 'Position of the last record counted.'),
      ...counters.map((name) => required(name, 'bigint', `Events ${name} so far.`)),
      nullable('watermark', 'timestamp', 'Watermark of the shard.'),
      nullable('closed', 'timestamp', 'Watermark of the pipeline behind which every window had been emitted.'),
    ],
    partitionColumn: 'recorded_at',
    idColumns: ['shard_id', 'hi', 'recorded_at'],
    clusterColumns: ['shard_id'],
    money: [],
  };
}
