import { z } from 'zod';
import { usageError } from '../../core/errors.ts';
import { type CompactedLake, failureText } from './lake.ts';

/** `detail-type` of the event by which an operator has the deployed function compact what has landed. */
export const COMPACT_NOW = 'Compact now';

const place = z.strictObject({ table: z.string(), dt: z.string(), hour: z.string() });

const request = z.strictObject({
  /** Only these tables; default: all. */
  tables: z.exactOptional(z.array(z.string())),
  /** Only hours that are over and quiet, as on a tick. */
  isSettled: z.exactOptional(z.boolean()),
  /** First makes damaged or lost manifests anew. */
  isRepairing: z.exactOptional(z.boolean()),
  /** Where the call before ended. */
  from: z.exactOptional(place),
  /** No partition is begun after so long, ms; default: as long as the function may run. */
  forMs: z.exactOptional(z.number().nonnegative()),
});

/** What an operator asks of the function `compact`, as the `detail` of the event; without any field: everything. */
export type CompactRequest = Readonly<z.infer<typeof request>>;

const count = z.number();
const partition = z.object({ dt: z.string(), hour: z.string() });
const answer = z.object({
  compacted: z.array(
    z.object({
      table: z.string(),
      partition,
      generation: count,
      filesBefore: count,
      filesAfter: count,
      bytesBefore: count,
      bytesAfter: count,
      rows: count,
      repeatsDropped: count,
    }),
  ),
  failed: z.array(z.object({ table: z.string(), partition: z.exactOptional(partition), message: z.string() })),
  waiting: count,
  repaired: count,
  /** First partition that this call did not look at; null if there is none. */
  next: z.nullable(place),
});

/** What the function answers to an operator's request. */
export type CompactAnswer = Readonly<z.infer<typeof answer>>;

/** Reads a request; an event without a detail asks for everything. Throws UsageError: a field that this build does not know is refused. */
export function parseCompactRequest(detail: unknown): CompactRequest {
  const parsed = request.safeParse(detail ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usageError(
    `request to compact, ${issue?.path.join('.') ?? ''}`,
    JSON.stringify(detail),
    `${issue?.message}; the command and the function must be of one build`,
  );
}

/** The answer for what was done. */
export function compactAnswer({ compacted, failed, waiting, repaired, next }: CompactedLake): CompactAnswer {
  return {
    compacted: [...compacted],
    failed: failed.map(({ error, ...place }) => ({ ...place, message: failureText({ ...place, error }) })),
    waiting,
    repaired,
    next: next ?? null,
  };
}

/** Reads an answer. Throws UsageError for one that a function of another build gave. */
export function parseCompactAnswer(value: unknown): CompactAnswer {
  const parsed = answer.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageError(
    'answer of the function compact',
    JSON.stringify(value ?? null).slice(0, 200),
    'that of this build: deploy the stack from this checkout, or use the checkout it was deployed from',
  );
}
