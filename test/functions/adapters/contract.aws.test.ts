import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Clock, ItemKey, Row, StateStore, StateWrite } from '../../../core/ports.ts';
import { AthenaSql } from '../../../functions/adapters/athena-sql.ts';
import { DynamoStateStore } from '../../../functions/adapters/dynamo-state-store.ts';
import { FirehoseDelivery } from '../../../functions/adapters/firehose-delivery.ts';
import { GlueCatalogue } from '../../../functions/adapters/glue-catalogue.ts';
import { KinesisProducer } from '../../../functions/adapters/kinesis-producer.ts';
import { KinesisShards } from '../../../functions/adapters/kinesis-shards.ts';
import { kinesisSource } from '../../../functions/adapters/kinesis-source.ts';
import { oversizeLanding } from '../../../functions/adapters/oversize-landing.ts';
import { S3ObjectFiles } from '../../../functions/adapters/s3-object-files.ts';
import { S3ObjectStore } from '../../../functions/adapters/s3-object-store.ts';
import { LAKE_FOLDER, landedTable } from '../../../lake/delivery-format.ts';
import { landingPrefix } from '../../../lake/names.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { DELIVERY_TABLES, deliveryContract } from '../../contract/delivery.ts';
import { eventProducerContract } from '../../contract/event-producer.ts';
import { kindsRow, kindsTable } from '../../contract/kinds-table.ts';
import { objectFilesContract } from '../../contract/object-files.ts';
import { objectStoreContract } from '../../contract/object-store.ts';
import { partitionCatalogueContract } from '../../contract/partition-catalogue.ts';
import { sqlEngineContract } from '../../contract/sql-engine.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { streamShardsContract } from '../../contract/stream-shards.ts';
import { bufferOf, parquetRows } from '../../lake/witness.ts';
import * as resources from './aws.ts';
import { eventsOf } from './stream-events.ts';

const { aws, IS_EMULATOR, retry } = resources;
const IS_WANTED = process.env['HEADRACE_AWS_CONTRACT'] === '1';
/** Role that Firehose takes on; an emulator takes any. */
const ROLE = process.env['HEADRACE_AWS_CONTRACT_ROLE'] ?? (IS_EMULATOR ? 'arn:aws:iam::000000000000:role/firehose' : undefined);
/** How long Firehose holds rows back: its buffer of 60 s, and the writing. */
const LANDING_MS = IS_EMULATOR ? 300 : 120_000;

/** A view of a store in which all keys begin with a name of its own, so that one table serves many tests. */
function roomIn(store: StateStore, room: string): StateStore {
  const inside = <T extends ItemKey>(one: T): T => ({ ...one, pk: `${room}${one.pk}` });
  const outside = <T extends ItemKey>(one: T): T => ({ ...one, pk: one.pk.slice(room.length) });
  return {
    get: async (keys) => (await store.get(keys.map(inside))).map((item) => (item === undefined ? undefined : outside(item))),
    query: async (pk) => (await store.query(`${room}${pk}`)).map(outside),
    put: (writes: readonly StateWrite[]) => store.put(writes.map(inside)),
    remove: (keys) => store.remove(keys.map(inside)),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const bucket = once(resources.makeBucket);
const stateTable = once(resources.makeStateTable);

async function openState(clock: Clock): Promise<StateStore> {
  const store = new DynamoStateStore({ client: aws.dynamodb, table: await stateTable(), clock, retry });
  return roomIn(store, `${resources.uniqueName('room')}#`);
}

async function openObjects(): Promise<S3ObjectStore> {
  return new S3ObjectStore({ client: aws.s3, bucket: await bucket(), prefix: `${resources.uniqueName('room')}/`, retry });
}

async function openFiles() {
  const at = { client: aws.s3, bucket: await bucket(), prefix: `${resources.uniqueName('room')}/`, retry };
  const folder = mkdtempSync(join(tmpdir(), 'headrace-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { store: new S3ObjectStore(at), files: new S3ObjectFiles({ ...at, folder }) };
}

async function openDelivery() {
  const folder = `${resources.uniqueName('room')}/`;
  const place = { bucket: await bucket(), folder, role: ROLE ?? '' };
  const database = await resources.makeDatabase(DELIVERY_TABLES, `s3://${place.bucket}/${folder}${LAKE_FOLDER}`);
  const objects = new S3ObjectStore({ client: aws.s3, bucket: place.bucket, prefix: `${folder}${LAKE_FOLDER}`, retry });
  const delivery = new FirehoseDelivery({
    client: aws.firehose,
    prefix: await resources.makeDelivery(DELIVERY_TABLES, { ...place, database }),
    tables: DELIVERY_TABLES,
    retry,
    oversize: oversizeLanding(async () => objects),
    // The emulator does not take joined records apart before it looks for partition keys.
    ...(IS_EMULATOR ? { recordRowsMax: 1 } : {}),
  });
  const arrived = async (table: TableSchema): Promise<readonly Row[]> => {
    await sleep(LANDING_MS);
    const files = await objects.list(landingPrefix(table.name));
    const bodies = await Promise.all(files.map(({ key }) => objects.get(key)));
    return (await Promise.all(bodies.map((stored) => parquetRows(bufferOf(stored?.body ?? new Uint8Array()), landedTable(table))))).flat();
  };
  return { delivery, arrived, objects };
}

async function openShards(shardCount: number) {
  const stream = await resources.makeStream(shardCount);
  const shards = new KinesisShards({ client: aws.kinesis, stream, retry });
  const ranges = await kinesisSource(aws.kinesis, stream).shards();
  const put = async (index: number): Promise<string> => {
    const ExplicitHashKey = String(ranges[index]?.firstHash);
    const command = new PutRecordCommand({ StreamName: stream, PartitionKey: 'k', ExplicitHashKey, Data: Buffer.from('x') });
    return (await aws.kinesis.send(command)).SequenceNumber ?? '';
  };
  const split = async (shardId: string): Promise<void> => {
    const NewStartingHashKey = String(2n ** 127n);
    await aws.kinesis.send(new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey }));
    await resources.streamReady(stream);
  };
  return { shards, put, split };
}

async function openProducer() {
  const stream = await resources.makeStream(2);
  const producer = new KinesisProducer({ client: aws.kinesis, stream, clock: Date.now, retry });
  return { producer, arrived: () => eventsOf(kinesisSource(aws.kinesis, stream)) };
}

async function openCatalogue(): Promise<GlueCatalogue> {
  const lakeUri = `s3://${await bucket()}/${LAKE_FOLDER}`;
  const database = await resources.makeDatabase([kindsTable, { ...kindsTable, name: 'other' }], lakeUri);
  return new GlueCatalogue({ client: aws.glue, database, lakeUri, retry });
}

const engine = once(async () => {
  const home = await bucket();
  const database = await resources.makeDatabase([], `s3://${home}/`);
  return new AthenaSql({ client: aws.athena, workgroup: await resources.makeWorkgroup(home), database, retry });
});

if (IS_WANTED) {
  // Streams and delivery streams of an account take a minute each to become ready.
  if (!IS_EMULATOR) vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
  afterAll(resources.removeAll);
  stateStoreContract('DynamoDB', openState);
  objectStoreContract('S3', openObjects);
  objectFilesContract('S3', openFiles);
  // The emulator loses the parents of a split, and orders sequence numbers as text with zeros in front that the service never has.
  streamShardsContract('Kinesis', IS_EMULATOR ? ['resume', 'split'] : [], openShards);
  eventProducerContract('Kinesis', openProducer);
  partitionCatalogueContract('Glue', openCatalogue);
  sqlEngineContract('Athena', engine);
  if (ROLE !== undefined) {
    deliveryContract('Firehose', openDelivery);
    test('a row too large for a delivery record lands by itself, once however often it is delivered', async () => {
      const { arrived, objects } = await openDelivery();
      const plain: TableSchema = { ...kindsTable, columns: kindsTable.columns.filter(({ type }) => type !== 'list<string>') };
      const row: Record<string, Row[string]> = { ...kindsRow(1), data: Buffer.alloc(900_000, 7).toString('base64'), big: 1 };
      for (let i = 0; i < 2; i += 1) await oversizeLanding(async () => objects)(plain, row);
      delete row['names'];
      expect((await arrived(plain)).map((one) => ({ ...one }))).toEqual([row]);
    });
  } else {
    test('delivery through Firehose', (context) => context.skip('needs HEADRACE_AWS_CONTRACT_ROLE, the ARN of a role for Firehose'));
  }
} else {
  test('contracts of the AWS adapters', (context) =>
    context.skip('set HEADRACE_AWS_CONTRACT=1 and an AWS environment (an account, or an emulator named by AWS_ENDPOINT_URL)'));
}
