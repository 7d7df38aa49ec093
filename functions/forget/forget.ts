import type { Plan } from '../../core/plan.ts';
import type { ObjectStore, StateStore } from '../../core/ports.ts';
import type { Rule } from '../../core/rules/rule.ts';
import type { ErasurePorts, MaskedPartition } from '../../lake/erasure/partition.ts';
import { type ErasureReceipt, listReceipts, putReceipt } from '../../lake/erasure/receipts.ts';
import { tableMasksOf } from '../../lake/erasure/rows.ts';
import { sketchHours } from '../../lake/erasure/sketches.ts';
import type { Subject } from '../../lake/erasure/subject.ts';
import { erasePartition, type Survey, surveyTables } from '../../lake/erasure/table.ts';
import { tablesOf } from '../../lake/tables.ts';
import { releaseClaim } from '../backfill/claim-list.ts';
import { claimForErasure, clearBackfills, type ErasureClaim } from './backfills.ts';
import { maskState } from './state.ts';

/** What erasure works on. */
export interface ForgetPorts extends ErasurePorts {
  readonly store: StateStore;
  /** Work of backfills: none is at work meanwhile, and those that have ended keep no rows. */
  readonly work: ObjectStore;
  /** Really removes what stores still hold of what was replaced, before the receipt says done. */
  readonly settle: () => Promise<void>;
}

/** Who is forgotten, and by whom. */
export interface ForgetRequest {
  readonly plan: Plan;
  readonly subject: Subject;
  /** The rules in force; earlier ones are in the state. */
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
export type ForgetOutcome = { readonly kind: 'done' | 'already'; readonly receipt: ErasureReceipt } | { readonly kind: 'nobody' };

/** Rounds of looking again while files land; the last one must find nothing. */
const ROUNDS_MAX = 5;

/** Looks for everything that holds the key, and changes nothing. */
export async function planForget(ports: ForgetPorts, request: ForgetRequest): Promise<ForgetPlan> {
  const { found, unread } = await survey(ports, request);
  return {
    pseudonym: request.subject.pseudonym,
    partitions: found.map(({ mask, state, rows }) => ({ table: mask.table.name, ...state.partition, rows })),
    stateItems: await maskState(ports.store, { ...request, ...request.subject }, true),
    unread,
  };
}

/**
 * Masks a key everywhere and writes a receipt: state first, then partition by partition, each published whole and what it was removed. A
 * process that dies leaves old or masked rows; the same call finishes it under the same id. Throws what the stores throw, LakeError, and
 * UsageError.
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
  let receipt = begun ?? newReceipt(request, ports.clock());
  await claimForErasure(ports.work, claimOf(request, ports.clock()));
  await putReceipt(ports.objects, receipt);
  const stateItems = receipt.stateItems + (await maskState(ports.store, { ...request, ...subject }, false));
  receipt = { ...receipt, stateItems };
  for (let round = 1; ; round += 1) {
    const { found, unread } = await survey(ports, request);
    receipt = {
      ...receipt,
      remains: [...request.remains, ...unread.map((key) => `${key}: cannot be read; look at it and remove it by hand`)],
    };
    if (found.length === 0) break;
    if (round > ROUNDS_MAX)
      throw new Error(`rows of the key keep coming after ${ROUNDS_MAX} rounds; stop its producers and run this again`);
    for (const one of found) {
      const onPlanned = async (masked: MaskedPartition): Promise<void> => {
        const partitions = withPartition(receipt.partitions, masked);
        receipt = { ...receipt, partitions, sketches: sketchHours(request.plan.pipeline, subject, partitions) };
        await putReceipt(ports.objects, receipt);
      };
      const removed = await erasePartition(ports, one, { origin: `erasure/${receipt.id}`, onPlanned });
      receipt = { ...receipt, filesRemoved: receipt.filesRemoved + removed };
    }
  }
  receipt = { ...receipt, filesRemoved: receipt.filesRemoved + (await clearBackfills(ports.work)) };
  await ports.settle();
  // Before the last word: an erasure that is done holds nobody up.
  await releaseClaim(ports.work, subject.pseudonym);
  const done: ErasureReceipt = { ...receipt, status: 'done', doneAt: new Date(ports.clock()).toISOString() };
  await putReceipt(ports.objects, done);
  return { kind: 'done', receipt: done };
}

function claimOf({ plan, subject }: ForgetRequest, sinceMs: number): ErasureClaim {
  return { id: subject.pseudonym, tables: tablesOf(plan.pipeline).map(({ name }) => name), sinceMs };
}

async function survey(ports: ForgetPorts, { plan, subject, rules }: ForgetRequest): Promise<Survey> {
  const stored = (await ports.store.query('rules')).flatMap(({ body }) => JSON.parse(body) as Rule[]);
  return surveyTables(ports, tableMasksOf(plan.pipeline, subject, [...rules, ...stored]));
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
