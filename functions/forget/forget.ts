import { RetriableError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { ObjectStore, StateStore } from '../../core/ports.ts';
import type { Rule } from '../../core/rules/rule.ts';
import type { ErasurePorts, MaskedPartition } from '../../lake/erasure/partition.ts';
import { type ErasureReceipt, listReceipts, ReceiptBook } from '../../lake/erasure/receipts.ts';
import { type BlobForm, tableMasksOf } from '../../lake/erasure/rows.ts';
import { sketchHours } from '../../lake/erasure/sketches.ts';
import type { Subject } from '../../lake/erasure/subject.ts';
import { alertIdsOf, erasePartition, type Found, type Survey, surveyTables } from '../../lake/erasure/table.ts';
import { allSets } from '../../lake/rules/sets.ts';
import { maskSnoozes } from '../../lake/snoozes.ts';
import { tablesOf } from '../../lake/tables.ts';
import { releaseClaim } from '../backfill/claim-list.ts';
import { dropAlerts, dropEntity } from '../deliver-alerts/drop.ts';
import { claimForErasure, clearBackfills, type ErasureClaim } from './backfills.ts';
import { maskState, PendingBatchError } from './state.ts';

/** What erasure works on. */
export interface ForgetPorts extends ErasurePorts {
  readonly store: StateStore;
  /** Work of backfills: none is at work meanwhile, and those that have ended keep no rows. */
  readonly work: ObjectStore;
  /** Really removes what stores still hold of what was replaced, before the receipt says done. */
  readonly settle: () => Promise<void>;
  /** How the files of the lake hold blobs; as they are unless said. */
  readonly blobs?: BlobForm;
  /** Of a place that goes on working meanwhile; a folder is at rest. */
  readonly live?: LivePorts;
}

/** What erasure must know where events are taken, judged and delivered meanwhile. */
export interface LivePorts {
  /** Time after which whatever was delivered has landed, ms. */
  readonly landingMs: number;
  /** Whether all that had arrived by a moment (epoch ms) has been processed. */
  readonly isProcessed: (byMs: number) => Promise<boolean>;
  readonly pause: (ms: number) => Promise<void>;
  /** Fires when this call should begin nothing more. */
  readonly signal: AbortSignal;
}

/** Who is forgotten, and by whom. */
export interface ForgetRequest {
  readonly plan: Plan;
  readonly subject: Subject;
  /** The rules of the pipeline's folder; those that were in force are in the lake. */
  readonly rules: readonly Rule[];
  readonly streamEpoch: string;
  readonly by: string;
  /** What erasure cannot reach, and until when it is there. */
  readonly remains: readonly string[];
}

/** What a dry run shows. */
export interface ForgetPlan {
  readonly pseudonym: string;
  readonly partitions: readonly { readonly table: string; readonly dt: string; readonly hour: string; readonly rows: number }[];
  readonly stateItems: number;
  /** Files set aside that nobody can read. */
  readonly unread: readonly string[];
}

/** How it ended: `nobody` has the key; `already`: it was erased before, and nothing has come since. */
export type ForgetOutcome =
  | { readonly kind: 'done' | 'already'; readonly receipt: ErasureReceipt }
  | { readonly kind: 'nobody' }
  | Unfinished;

/** A call whose time was up, or that has to wait: the same again at `againMs` (epoch ms) goes on. */
export interface Unfinished {
  readonly kind: 'unfinished';
  readonly receipt: ErasureReceipt;
  readonly againMs: number;
}

/** Rounds of looking again while files land; the last one must find nothing. */
const ROUNDS_MAX = 5;

/** Tries to meet each shard between two batches, a second apart. */
const STATE_TRIES = 20;
const STATE_PAUSE_MS = 1_000;
/** Rest before another look while records that came before the last find are unread, ms. */
const UNREAD_PAUSE_MS = 60_000;

/** Looks for everything that holds the key, and changes nothing. */
export async function planForget(ports: ForgetPorts, request: ForgetRequest): Promise<ForgetPlan> {
  const { found, unread } = await survey(ports, request);
  return {
    pseudonym: request.subject.pseudonym,
    partitions: found.map(({ mask, state, rows }) => ({ table: mask.table.name, ...state.partition, rows })),
    stateItems: await maskStateOf(ports, request, true),
    unread,
  };
}

/**
 * Masks a key everywhere and writes a receipt: state first, then partition by partition, each published whole and what it was removed. A
 * process that dies leaves old or masked rows; the same call finishes it under the same id. Where events go on coming it is done when a look
 * at everything finds nothing more, so long after the last find that all rows on their way have landed. Throws what the stores throw,
 * LakeError, and UsageError.
 */
export async function forget(ports: ForgetPorts, request: ForgetRequest): Promise<ForgetOutcome> {
  const { subject } = request;
  const before = (await listReceipts(ports.objects)).filter(({ pseudonym }) => pseudonym === subject.pseudonym);
  const begun = before.find(({ status }) => status === 'begun');
  if (begun === undefined) {
    const { partitions, stateItems } = await planForget(ports, request);
    const last = before.at(-1);
    if (partitions.length === 0 && stateItems === 0) return last === undefined ? { kind: 'nobody' } : { kind: 'already', receipt: last };
  }
  await claimForErasure(ports.work, claimOf(request, ports.clock()));
  const book = await ReceiptBook.open(ports.objects, begun ?? newReceipt(request, ports.clock()));
  const stateItems = await maskStateOf(ports, request, false);
  if (stateItems > 0) await book.write({ stateItems: book.last.stateItems + stateItems, ...foundNow(ports) });
  await dropEntity(ports.store, subject);
  await maskSnoozes(ports.objects, subject);
  if (!(await eraseTables(ports, request, book))) return { kind: 'unfinished', receipt: book.last, againMs: ports.clock() };
  const againMs = await waitsUntil(ports, book);
  if (againMs !== undefined) return { kind: 'unfinished', receipt: book.last, againMs };
  await book.write({ filesRemoved: book.last.filesRemoved + (await clearBackfills(ports.work)) });
  await ports.settle();
  // Before the last word: an erasure that is done holds nobody up.
  await releaseClaim(ports.work, subject.pseudonym);
  return { kind: 'done', receipt: await book.write({ status: 'done', doneAt: new Date(ports.clock()).toISOString() }) };
}

/** Masks partitions until a look at all of them finds nothing; false if the time of this call is up before. */
async function eraseTables(ports: ForgetPorts, request: ForgetRequest, book: ReceiptBook): Promise<boolean> {
  for (let round = 1; ; round += 1) {
    const { found, unread } = await survey(ports, request);
    const unreadable = unread.map((key) => `${key}: cannot be read; look at it and remove it by hand`);
    await book.write({ remains: [...request.remains, ...unreadable] });
    if (found.length === 0) return true;
    if (round > ROUNDS_MAX)
      throw new Error(`rows of the key keep coming after ${ROUNDS_MAX} rounds; stop its producers and run this again`);
    for (const one of found) {
      if (ports.live?.signal.aborted === true) return false;
      await eraseFound(ports, request, { book, one });
    }
  }
}

async function eraseFound(
  ports: ForgetPorts,
  { plan, subject }: ForgetRequest,
  { book, one }: { readonly book: ReceiptBook; readonly one: Found },
): Promise<void> {
  const onPlanned = async (masked: MaskedPartition): Promise<void> => {
    const partitions = withPartition(book.last.partitions, masked);
    await book.write({ partitions, sketches: sketchHours(plan.pipeline, subject, partitions) });
  };
  // While the rows still say which they are.
  if (one.mask.table.name === 'alerts') await dropAlerts(ports.store, await alertIdsOf(ports, one));
  const removed = await erasePartition(ports, one, { origin: `erasure/${book.last.id}`, onPlanned });
  await book.write({ filesRemoved: book.last.filesRemoved + removed, ...foundNow(ports) });
}

function foundNow({ live, clock }: ForgetPorts): Pick<ErasureReceipt, 'lastFoundAt'> {
  return live === undefined ? {} : { lastFoundAt: new Date(clock()).toISOString() };
}

/** When to look again, epoch ms; undefined if nothing of the key can be on its way any more. */
async function waitsUntil(ports: ForgetPorts, book: ReceiptBook): Promise<number | undefined> {
  const { live, clock } = ports;
  if (live === undefined) return undefined;
  const foundMs = Date.parse(book.last.lastFoundAt ?? book.last.begunAt);
  if (await live.isProcessed(foundMs)) return clock() < foundMs + live.landingMs ? foundMs + live.landingMs : undefined;
  // What is processed from now on lands from now on.
  await book.write(foundNow(ports));
  return clock() + UNREAD_PAUSE_MS;
}

/** Masks the state; where its processor runs, between two of its batches. */
async function maskStateOf({ store, live }: ForgetPorts, request: ForgetRequest, isDry: boolean): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await maskState(store, { ...request, ...request.subject }, isDry);
    } catch (error) {
      // A folder at rest is in no batch; another operator may be at it all the same.
      const isPassing = error instanceof RetriableError || (live !== undefined && error instanceof PendingBatchError);
      if (!isPassing || tries === STATE_TRIES) throw error;
      await live?.pause(STATE_PAUSE_MS);
    }
  }
}

function claimOf({ plan, subject }: ForgetRequest, sinceMs: number): ErasureClaim {
  return { id: subject.pseudonym, tables: tablesOf(plan.pipeline).map(({ name }) => name), sinceMs };
}

async function survey(ports: ForgetPorts, { plan, subject, rules }: ForgetRequest): Promise<Survey> {
  const stored = (await allSets(ports.objects)).flatMap((set) => set.rules);
  return surveyTables(ports, tableMasksOf(plan.pipeline, subject, { rules: [...rules, ...stored], blobs: ports.blobs ?? 'bytes' }));
}

function newReceipt({ plan, subject, by, remains }: ForgetRequest, nowMs: number): ErasureReceipt {
  const begunAt = new Date(nowMs).toISOString();
  return {
    id: `${begunAt.replaceAll(/[-:.]/g, '')}-${subject.pseudonym.slice('erased-'.length, 'erased-'.length + 8)}`,
    status: 'begun',
    pipeline: plan.pipeline.name,
    field: subject.field,
    pseudonym: subject.pseudonym,
    by,
    begunAt,
    doneAt: null,
    partitions: [],
    sketches: [],
    filesRemoved: 0,
    stateItems: 0,
    remains: [...remains],
  };
}

/** A try that died before it published is made again, with the same rows. */
function withPartition(known: ErasureReceipt['partitions'], one: MaskedPartition): ErasureReceipt['partitions'] {
  const isOther = ({ table, dt, hour }: MaskedPartition): boolean => table !== one.table || dt !== one.dt || hour !== one.hour;
  return [...known.filter(isOther), one];
}
