import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { AthenaSql } from '../../functions/adapters/athena-sql.ts';
import { clientOptions } from '../../functions/adapters/client-options.ts';
import { DynamoStateStore } from '../../functions/adapters/dynamo-state-store.ts';
import { streamEpoch } from '../../functions/adapters/kinesis-epoch.ts';
import { KinesisProducer } from '../../functions/adapters/kinesis-producer.ts';
import type { RetryOptions } from '../../functions/adapters/retry.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { openStackLake } from './aws-lake.ts';
import { stackNames } from './names.ts';
import type { Past } from './source.ts';
import { StackSource } from './stack.ts';

/** A person waits: a few tries in a second or two, then the error. */
const ATTEMPTS_MAX = 4;
const REQUEST_TIMEOUT_MS = 30_000;

/** A stack by its name, in the account, region and endpoint of the AWS environment. Nothing is called before it is used. */
export function openStack(stack: string, loaded: LoadedPipeline, past?: Past): StackSource {
  const names = stackNames(stack);
  const options = clientOptions(REQUEST_TIMEOUT_MS);
  const kinesis = new KinesisClient(options);
  const dynamo = new DynamoDBClient(options);
  const athena = new AthenaClient(options);
  const retry: RetryOptions = { random: Math.random, attemptsMax: ATTEMPTS_MAX };
  const ports = {
    stack,
    sql: new AthenaSql({ client: athena, workgroup: names.workgroup, database: names.database, retry, pause }),
    archive: `${names.landingDatabase}.archive`,
    ledger: `${names.landingDatabase}.ledger`,
    store: new DynamoStateStore({ client: dynamo, table: names.stateTable, clock: Date.now, retry }),
    producer: new KinesisProducer({ client: kinesis, stream: names.stream, clock: Date.now, retry }),
    streamEpoch: () => streamEpoch(kinesis, names.stream, retry),
    blobs: 'base64' as const,
    openLake: () => openStackLake(stack),
    close: () => {
      for (const client of [kinesis, dynamo, athena]) client.destroy();
    },
  };
  return new StackSource(ports, loaded, past);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
