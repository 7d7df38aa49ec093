import { z } from 'zod';
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

/** Writes a receipt, over an earlier state of it. */
export async function putReceipt(objects: ObjectStore, one: ErasureReceipt): Promise<void> {
  await objects.put(`${FOLDER}${one.id}.json`, Buffer.from(`${JSON.stringify(one, null, 1)}\n`));
}

function parsed(key: string, text: string): ErasureReceipt {
  try {
    return receipt.parse(JSON.parse(text));
  } catch (error) {
    throw new LakeError('MANIFEST_DAMAGED', `${key} is no receipt as Headrace wrote it. Put the earlier version back.`, { cause: error });
  }
}
