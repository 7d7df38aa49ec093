import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { Clock, ObjectStore } from '../../core/ports.ts';
import { compileRules } from '../../core/rules/compile.ts';
import type { RuleChange, RuleLog } from '../../core/rules/schedule.ts';
import { changeList, readList } from '../list-object.ts';
import { assertTransitions, assertVersions, differencesOf } from './difference.ts';
import { appendChange, definitionOf, earliestMs, RULES_FOLDER, readLog } from './log.ts';
import { allSets, findSet, keepSet, type NamedRules } from './sets.ts';

/** What changes of rules are made with. */
export interface ChangePorts {
  readonly objects: ObjectStore;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
}

/** A change that somebody wants. */
export interface WantedChange {
  readonly kind: RuleChange['kind'];
  /** Null ends a trial. */
  readonly rules: NamedRules | null;
  readonly source: RuleChange['source'];
  readonly by: string;
  readonly why: string;
  /** First event time that it is to be for, epoch ms; undefined: as soon as it can be. */
  readonly fromMs?: number | undefined;
}

/** A change that waits for somebody else to agree. */
export interface Proposal extends Omit<RuleChange, 'fromMs' | 'checkedBy'> {
  readonly id: string;
  /** Undefined: as soon as it can be. */
  readonly fromMs?: number;
}

const PROPOSALS_KEY = `${RULES_FOLDER}proposals.json`;

/** What became of a wanted change: it is in the log, or waits for a second person. */
export type ChangeOutcome = { readonly change: RuleChange } | { readonly proposal: Proposal };

/**
 * Makes a change of rules: checked against the definition and everything that was ever in force, kept, and put on the log for a time that no
 * processor has judged yet. Where the pipeline asks for two people, a change that counts waits for the second. Throws UsageError, and nothing
 * is changed.
 */
export async function changeRules(ports: ChangePorts, wanted: WantedChange): Promise<ChangeOutcome> {
  const log = await readLog(ports.objects);
  const base = await newestSet(ports.objects, log);
  const { kind, rules, source, by, why, fromMs } = wanted;
  await check(ports, wanted, base);
  if (rules !== null) await keepSet(ports.objects, rules);
  const entry = { kind, version: rules?.version ?? null, source, by, why, atMs: ports.clock(), changes: linesOf(wanted, base) };
  if (kind === 'active' && ports.pipeline.decision?.twoPeople === true)
    return { proposal: await propose(ports, { ...entry, ...timeOf(fromMs) }) };
  return { change: await activate(ports, { ...entry, ...timeOf(fromMs) }) };
}

/** Takes a proposal into the log. Throws UsageError if there is none of that id, or whoever made it agrees with himself. */
export async function approveChange(ports: ChangePorts, id: string, by: string): Promise<RuleChange> {
  const { id: _id, ...proposal } = await proposalOf(ports.objects, id);
  if (nameOf(by) === nameOf(proposal.by)) throw usageError('--by', by, `somebody else than ${proposal.by}, who made the change`);
  const set = proposal.version === null ? undefined : await findSet(ports.objects, proposal.version);
  if (set !== undefined) compileRules(set, ports.pipeline, set.version);
  const now = await newestSet(ports.objects, await readLog(ports.objects));
  if (set !== undefined && now !== undefined) assertTransitions(now, set);
  // Only who takes it off the list puts it on the log.
  await takeProposal(ports.objects, id);
  return activate(ports, { ...proposal, checkedBy: by });
}

/** Throws a proposal away. Throws UsageError if there is none of that id. */
export async function refuseChange({ objects }: Pick<ChangePorts, 'objects'>, id: string): Promise<Proposal> {
  const proposal = await proposalOf(objects, id);
  await takeProposal(objects, id);
  return proposal;
}

/** Changes that wait for a second person, the oldest first. */
export async function readProposals(objects: ObjectStore): Promise<Proposal[]> {
  return readList<Proposal>(objects, PROPOSALS_KEY);
}

/** The rule set that counts newest; undefined before the first. */
export async function newestSet(objects: ObjectStore, log: RuleLog): Promise<NamedRules | undefined> {
  const version = log.findLast(({ kind }) => kind === 'active')?.version;
  return version === undefined || version === null ? undefined : findSet(objects, version);
}

async function check(
  { objects, pipeline, clock }: ChangePorts,
  { kind, rules, why, fromMs }: WantedChange,
  base: NamedRules | undefined,
): Promise<void> {
  if (why.trim() === '') throw usageError('--why', 'nothing', 'a reason, for those who ask later');
  if (base === undefined)
    throw usageError('rules', 'a pipeline that has not judged yet', 'one that has: start it, and its rules are in force');
  const known = await definitionOf(objects);
  if (known !== undefined && known !== pipeline.version)
    throw usageError(
      'definition',
      `version ${pipeline.version}`,
      `version ${known}, which judges there; deploy first, or use its checkout`,
    );
  const nowMs = clock();
  if (fromMs !== undefined && fromMs < earliestMs(nowMs, pipeline.time.futureMs))
    throw usageError(
      '--from',
      new Date(fromMs).toISOString(),
      `${new Date(earliestMs(nowMs, pipeline.time.futureMs)).toISOString()} or later`,
    );
  if (rules === null) return assertTrial(await readLog(objects));
  compileRules(rules, pipeline, rules.version);
  assertVersions(await allSets(objects), rules);
  if (kind === 'active') assertTransitions(base, rules);
  if (kind === 'active' && rules.version === base.version)
    throw usageError('rules', `version ${rules.version}`, 'others than those that are in force');
}

/** Only a trial that was begun can be ended. */
function assertTrial(log: RuleLog): void {
  const last = log.findLast(({ kind }) => kind === 'trial');
  if (last === undefined || last.version === null) throw usageError('rules trial', 'an end', 'one while a rule set is on trial');
}

function linesOf({ kind, rules }: WantedChange, base: NamedRules | undefined): string[] {
  if (rules === null || base === undefined) return [];
  const lines = differencesOf(base, rules);
  return kind === 'active' ? lines : lines.map((line) => `on trial: ${line}`);
}

function timeOf(fromMs: number | undefined): { readonly fromMs?: number } {
  return fromMs === undefined ? {} : { fromMs };
}

/** Puts a change on the log, for the time it asks for or the first that is possible. */
async function activate(ports: ChangePorts, entry: Omit<RuleChange, 'fromMs'> & { readonly fromMs?: number }): Promise<RuleChange> {
  const nowMs = ports.clock();
  const fromMs = Math.max(entry.fromMs ?? 0, earliestMs(nowMs, ports.pipeline.time.futureMs));
  const change = { ...entry, fromMs };
  await appendChange(ports.objects, () => change);
  return change;
}

async function propose({ objects }: ChangePorts, entry: Omit<Proposal, 'id'>): Promise<Proposal> {
  const proposal = { id: entry.version ?? '', ...entry };
  await changeList<Proposal>(objects, PROPOSALS_KEY, (list) => [...list.filter(({ id }) => id !== proposal.id), proposal]);
  return proposal;
}

async function proposalOf(objects: ObjectStore, id: string): Promise<Proposal> {
  const list = await readProposals(objects);
  const found = list.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw usageError('change', id, list.length === 0 ? 'none: nothing waits' : list.map((one) => one.id).join(', '));
}

async function takeProposal(objects: ObjectStore, id: string): Promise<void> {
  let isTaken = false;
  await changeList<Proposal>(objects, PROPOSALS_KEY, (list) => {
    isTaken = list.some((one) => one.id === id);
    return list.filter((one) => one.id !== id);
  });
  if (!isTaken) throw usageError('change', id, 'one that waits: somebody has answered it meanwhile');
}

/** People write their names in more ways than one. */
function nameOf(by: string): string {
  return by.trim().toLowerCase();
}
