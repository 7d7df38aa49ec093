import type { ServiceReply, ServiceRequest } from './json-server.ts';

type Attribute = { readonly S?: string; readonly N?: string; readonly B?: string };
type Item = Record<string, Attribute>;

/** A table in memory that understands what the state store says: its keys, its two conditions, its batches. */
export class DynamoTable {
  readonly items = new Map<string, Item>();
  private readonly name: string;
  /** Keys that a batch call takes; the others stay unprocessed. */
  batchMax = 100;
  /** Items of a query's page. */
  pageMax = 3;

  constructor(name: string) {
    this.name = name;
  }

  /** Does what a call asks for. */
  answer({ operation, input }: ServiceRequest): ServiceReply {
    switch (operation) {
      case 'PutItem':
        return this.put(input);
      case 'GetItem':
        return { output: { Item: this.items.get(keyOf(input['Key'] as Item)) } };
      case 'BatchGetItem':
        return this.batchGet(input);
      case 'BatchWriteItem':
        return this.batchWrite(input);
      case 'Query':
        return this.query(input);
      default:
        return { error: 'UnknownOperationException' };
    }
  }

  private put(input: Record<string, unknown>): ServiceReply {
    const item = input['Item'] as Item;
    const values = input['ExpressionAttributeValues'] as Item;
    const old = this.items.get(keyOf(item));
    const isPast = old?.['expires_ms'] !== undefined && Number(old['expires_ms'].N) < Number(values[':now']?.N);
    const isMet = String(input['ConditionExpression']).startsWith('attribute_not_exists(pk)')
      ? old === undefined || isPast
      : old !== undefined && !isPast && old['version']?.N === values[':expected']?.N;
    if (!isMet) return { error: 'ConditionalCheckFailedException', more: { Item: old } };
    this.items.set(keyOf(item), item);
    return { output: {} };
  }

  private batchGet(input: Record<string, unknown>): ServiceReply {
    const { Keys: keys } = (input['RequestItems'] as Record<string, { Keys: Item[] }>)[this.name] ?? { Keys: [] };
    if (keys.length > 100 || new Set(keys.map(keyOf)).size < keys.length) return { error: 'ValidationException' };
    const found = keys.slice(0, this.batchMax).flatMap((key) => this.items.get(keyOf(key)) ?? []);
    const left = keys.slice(this.batchMax);
    return { output: { Responses: { [this.name]: found }, UnprocessedKeys: left.length === 0 ? {} : { [this.name]: { Keys: left } } } };
  }

  private batchWrite(input: Record<string, unknown>): ServiceReply {
    const writes = (input['RequestItems'] as Record<string, { DeleteRequest: { Key: Item } }[]>)[this.name] ?? [];
    if (writes.length > 25) return { error: 'ValidationException' };
    for (const { DeleteRequest } of writes.slice(0, this.batchMax)) this.items.delete(keyOf(DeleteRequest.Key));
    const left = writes.slice(this.batchMax);
    return { output: { UnprocessedItems: left.length === 0 ? {} : { [this.name]: left } } };
  }

  private query(input: Record<string, unknown>): ServiceReply {
    const pk = (input['ExpressionAttributeValues'] as Item)[':pk']?.S;
    const from = input['ExclusiveStartKey'] === undefined ? undefined : keyOf(input['ExclusiveStartKey'] as Item);
    const all = [...this.items]
      .filter(([, item]) => item['pk']?.S === pk)
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const start = from === undefined ? 0 : all.findIndex(([key]) => key === from) + 1;
    const page = all.slice(start, start + this.pageMax).map(([, item]) => item);
    const last = page.at(-1);
    const isEnd = start + this.pageMax >= all.length || last === undefined;
    return { output: { Items: page, ...(isEnd ? {} : { LastEvaluatedKey: { pk: last['pk'], sk: last['sk'] } }) } };
  }
}

function keyOf(item: Item): string {
  return `${item['pk']?.S}\n${item['sk']?.S}`;
}
