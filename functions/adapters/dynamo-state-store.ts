import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Clock, ItemKey, StateItem, StateStore, StateWrite } from '../../core/ports.ts';
import { type Attributes, keyAttributes, keyText, liveItem, type WrittenItem, writtenItem } from './dynamo-items.ts';
import { chunksOf, forEachLimited } from './parallel.ts';
import { backOff, type RetryOptions, withRetry } from './retry.ts';
import { attemptsOf, errorOfCode, outcomeOf, type ServiceCall, serviceError } from './service-error.ts';

/** What the state store works on. */
export interface DynamoStateStoreOptions {
  /** Give it `clientOptions`: with more than one attempt a client hides lost replies. */
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
  readonly retry: RetryOptions;
  /** Writes under way at once. */
  readonly writesMax?: number;
  /** Hears the size of the largest item of each put, before it is sent. */
  readonly observeItemBytes?: (bytes: number) => void;
}

/** Limits of the two batch calls. */
const GET_KEYS_MAX = 100;
const REMOVE_KEYS_MAX = 25;
/** At about 5 ms a write this is 6,000 writes a second, what a function can sign and send. */
const WRITES_MAX = 32;
/** Batch calls under way at once: each may answer with 16 MB. */
const BATCHES_MAX = 4;

const IS_ABSENT = 'attribute_not_exists(pk) OR expires_ms < :now';
const IS_EXPECTED = 'version = :expected AND (attribute_not_exists(expires_ms) OR expires_ms >= :now)';

/**
 * State in one DynamoDB table: `pk`, `sk`, `version`, `body` (binary where it is compressed), and `expires_at` (epoch seconds) for its TTL. Each write is one
 * conditional PutItem. A write whose reply was lost is sent again; if it then fails its condition and the stored item is what it
 * would have written, it counts as applied. Throws ServiceError (retriable) and ItemTooLargeError, the latter before anything is sent.
 */
export class DynamoStateStore implements StateStore {
  private readonly options: DynamoStateStoreOptions;

  constructor(options: DynamoStateStoreOptions) {
    this.options = options;
  }

  async get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]> {
    const distinct = new Map(keys.map((key) => [keyText(key), key]));
    const found = new Map<string, StateItem>();
    await forEachLimited(chunksOf([...distinct.values()], GET_KEYS_MAX), BATCHES_MAX, async (chunk) => {
      for (const attributes of await this.getChunk(chunk)) {
        const item = liveItem(attributes, this.options.clock());
        if (item !== undefined) found.set(keyText(item), item);
      }
    });
    return keys.map((key) => found.get(keyText(key)));
  }

  async query(pk: string): Promise<StateItem[]> {
    const items: StateItem[] = [];
    let from: Attributes | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.options.table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': keyAttributes({ pk, sk: '' })['pk'] ?? { S: pk } },
        ExclusiveStartKey: from,
      });
      const page = await withRetry(this.options.retry, this.call('Query'), () => this.options.client.send(command));
      for (const attributes of page.Items ?? []) {
        const item = liveItem(attributes, this.options.clock());
        if (item !== undefined) items.push(item);
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    // The table sorts by UTF-8 bytes, the port by UTF-16 code units: they differ past U+D7FF.
    return items.sort((a, b) => (a.sk < b.sk ? -1 : 1));
  }

  async put(writes: readonly StateWrite[]): Promise<boolean[]> {
    const items = writes.map(writtenItem);
    if (items.length > 0) this.options.observeItemBytes?.(Math.max(...items.map(({ bytes }) => bytes)));
    const applied = writes.map(() => false);
    // Writes of one key wait for each other; those of different keys do not.
    const chains = new Map<string, number[]>();
    for (const [i, write] of writes.entries()) {
      const chain = chains.get(keyText(write));
      if (chain === undefined) chains.set(keyText(write), [i]);
      else chain.push(i);
    }
    await forEachLimited([...chains.values()], this.options.writesMax ?? WRITES_MAX, async (chain) => {
      for (const i of chain) applied[i] = await this.write(writes[i] as StateWrite, items[i] as WrittenItem);
    });
    return applied;
  }

  async remove(keys: readonly ItemKey[]): Promise<void> {
    const distinct = new Map(keys.map((key) => [keyText(key), key]));
    await forEachLimited(chunksOf([...distinct.values()], REMOVE_KEYS_MAX), BATCHES_MAX, (chunk) => this.removeChunk(chunk));
  }

  private call(operation: string): ServiceCall {
    return { action: `dynamodb:${operation}`, target: `table ${this.options.table}` };
  }

  private async getChunk(keys: readonly ItemKey[]): Promise<Attributes[]> {
    const { client, table, retry } = this.options;
    const found: Attributes[] = [];
    let left: Attributes[] = keys.map(keyAttributes);
    for (let failures = 0; left.length > 0; ) {
      const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } });
      const answer: BatchGetItemCommandOutput = await withRetry(retry, this.call('BatchGetItem'), () => client.send(command));
      const items = answer.Responses?.[table] ?? [];
      found.push(...items);
      left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
      if (left.length === 0) break;
      // A large answer is cut at 16 MB: that is progress, not throttling.
      failures = items.length > 0 ? 1 : failures + 1;
      await backOff(retry, failures, () => this.unprocessed('BatchGetItem', left.length));
    }
    return found;
  }

  private async removeChunk(keys: readonly ItemKey[]): Promise<void> {
    const { client, table, retry } = this.options;
    let left: WriteRequest[] = keys.map((key) => ({ DeleteRequest: { Key: keyAttributes(key) } }));
    for (let failures = 0; left.length > 0; ) {
      const command = new BatchWriteItemCommand({ RequestItems: { [table]: left } });
      const answer = await withRetry(retry, this.call('BatchWriteItem'), () => client.send(command));
      const unprocessed = answer.UnprocessedItems?.[table] ?? [];
      failures = unprocessed.length < left.length ? 1 : failures + 1;
      left = unprocessed;
      if (left.length > 0) await backOff(retry, failures, () => this.unprocessed('BatchWriteItem', left.length));
    }
  }

  private unprocessed(operation: string, count: number): Error {
    return serviceError(this.call(operation), errorOfCode('ProvisionedThroughputExceededException', `${count} keys were left unprocessed`));
  }

  private async write(write: StateWrite, { attributes }: WrittenItem): Promise<boolean> {
    const { client, table, clock, retry } = this.options;
    const isNew = write.expectedVersion === 0;
    const expected: Attributes = isNew ? {} : { ':expected': { N: String(write.expectedVersion) } };
    let isLost = false;
    for (let failures = 1; ; failures += 1) {
      const command = new PutItemCommand({
        TableName: table,
        Item: attributes,
        ConditionExpression: isNew ? IS_ABSENT : IS_EXPECTED,
        ExpressionAttributeValues: { ...expected, ':now': { N: String(clock()) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          if (!isLost && attemptsOf(error) === 1) return false;
          return this.isOurs(write, error.Item);
        }
        const outcome = outcomeOf(error);
        if (outcome === 'refused' || outcome === 'foreign') throw serviceError(this.call('PutItem'), error);
        isLost ||= outcome === 'lost';
        await backOff(retry, failures, () => serviceError(this.call('PutItem'), error));
      }
    }
  }

  /** Whether the item that stands in the way of a repeated write is the one that its first try wrote. */
  private async isOurs(write: StateWrite, old: Attributes | undefined): Promise<boolean> {
    const { client, table, retry, clock } = this.options;
    const command = new GetItemCommand({ TableName: table, Key: keyAttributes(write), ConsistentRead: true });
    const attributes = old ?? (await withRetry(retry, this.call('GetItem'), () => client.send(command))).Item;
    const item = liveItem(attributes, clock());
    return item !== undefined && item.version === write.expectedVersion + 1 && item.body === write.body;
  }
}
