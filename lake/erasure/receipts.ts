import { z } from 'zod';
import { RetriableError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';

const partition = z.strictObject({
  table: z.string(),
  dt: z.string(),
  hour: z.string(),
  rowsMasked: z.number(),
  rowsKept: z.number(),
  keptBefore: z.string(),
  keptAfter: z.string(),
});
const tableHour = z.strictObject({ table: z.string(), dt: z.string(), hour: z.string() });
const receipt = z.strictObject({
  id: z.string(),
  status: z.enum(['begun', 'done']),
  pipeline: z.string(),
  field: z.string(),
  pseudonym: z.string(),
  by: z.string(),
  begunAt: z.string(),
  doneAt: z.nullable(z.string()),
  partitions: z.array(partition),
  /** Hours of aggregates whose counts of different keys may be sketches of what the keys were. */
  sketches: z.array(tableHour).default([]),
  filesRemoved: z.number(),
  stateItems: z.number(),
  remains: z.array(z.string()),
  /** When something of the key was last found, where rows are still on their way to the lake. */
  lastFoundAt: z.exactOptional(z.string()),
});

/** What was erased, when and by whom; it never has the key. */
export type ErasureReceipt = z.infer<typeof receipt>;

const FOLDER = '_erasure/';

/** All receipts, the oldest first. */
export async function listReceipts(objects: ObjectStore): Promise<ErasureReceipt[]> {
  const found: ErasureReceipt[] = [];
  for (const { key } of await objects.list(FOLDER)) {
    const stored = await objects.get(key);
    if (stored === undefined) continue;
    found.push(parsed(key, Buffer.from(stored.body).toString()));
  }
  return found.sort((a, b) => (a.begunAt < b.begunAt ? -1 : 1));
}

/** A receipt on its way: each state of it is written over the one before, unless somebody else has. */
export class ReceiptBook {
  private readonly objects: ObjectStore;
  private version: string | undefined;
  /** The receipt as it was last written. */
  last: ErasureReceipt;

  private constructor(objects: ObjectStore, receipt: ErasureReceipt, version: string | undefined) {
    this.objects = objects;
    this.last = receipt;
    this.version = version;
  }

  /** Begins a receipt, or goes on with one that was begun. */
  static async open(objects: ObjectStore, receipt: ErasureReceipt): Promise<ReceiptBook> {
    const stored = await objects.get(keyOf(receipt));
    const known = stored === undefined ? receipt : parsed(keyOf(receipt), Buffer.from(stored.body).toString());
    const book = new ReceiptBook(objects, known, stored?.version);
    await book.write({});
    return book;
  }

  /** Writes what has changed. Throws RetriableError when another call is at the same erasure: the two would lose each other's hours. */
  async write(changes: Partial<ErasureReceipt>): Promise<ErasureReceipt> {
    const next = { ...this.last, ...changes };
    const version = await this.objects.putIf(keyOf(next), Buffer.from(`${JSON.stringify(next, null, 1)}\n`), this.version);
    if (version === undefined)
      throw new RetriableError(`another call is at erasure ${next.id}; run the same command again when it is over`);
    this.version = version;
    this.last = next;
    return next;
  }
}

const keyOf = ({ id }: ErasureReceipt): string => `${FOLDER}${id}.json`;

function parsed(key: string, text: string): ErasureReceipt {
  try {
    return receipt.parse(JSON.parse(text));
  } catch (error) {
    throw new LakeError('MANIFEST_DAMAGED', `${key} is no receipt as Headrace wrote it. Put the earlier version back.`, { cause: error });
  }
}
