import type { RuleChange, RuleLog } from '../../core/rules/schedule.ts';
import type { ChangeOutcome, Proposal } from '../../lake/rules/change.ts';
import { columnsText } from '../output.ts';

const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** What a change has done, in words. */
export function outcomeText(outcome: ChangeOutcome): string {
  if ('proposal' in outcome) {
    const { id, changes } = outcome.proposal;
    return `${linesOf(changes)}It waits for a second person: headrace rules approve ${id} --by NAME, or refuse ${id}.\n`;
  }
  const { kind, version, fromMs, changes } = outcome.change;
  const from = fromMs === null ? 'all events' : `events from ${time(fromMs)} on`;
  const what =
    kind === 'active'
      ? `Rule set ${version} is in force for`
      : version === null
        ? 'The trial ends for'
        : `Rule set ${version} is on trial for`;
  return `${linesOf(changes)}${what} ${from}.\n`;
}

function linesOf(changes: readonly string[]): string {
  return changes.map((line) => `${line}\n`).join('');
}

/** The log of changes and what waits, for people: the newest last. */
export function logText(log: RuleLog, proposals: readonly Proposal[]): string {
  if (log.length === 0) return 'No rules were ever in force here.\n';
  const rows = log.map((change, at) => [at + 1, ...cellsOf(change), change.fromMs === null ? 'always' : time(change.fromMs)]);
  const waiting = proposals.map((one) => ['waits', ...cellsOf(one), one.fromMs === undefined ? 'as soon as possible' : time(one.fromMs)]);
  const all = [...rows, ...waiting].map((cells, at) => ({ cells, changes: [...log, ...proposals][at]?.changes ?? [] }));
  const table = columnsText([['', 'rule set', 'kind', 'by', 'agreed', 'from'], ...all.map(({ cells }) => cells)]).split('\n');
  const why = [...log, ...proposals].map(({ why: reason, changes }) => [reason, ...changes].map((line) => `      ${line}\n`).join(''));
  return `${table[0]}\n${all.map((_, at) => `${table[at + 1]}\n${why[at]}`).join('')}`;
}

function cellsOf({ version, kind, by, checkedBy }: Pick<RuleChange, 'version' | 'kind' | 'by' | 'checkedBy'>): string[] {
  return [version ?? 'none', kind === 'active' ? 'in force' : 'on trial', by, checkedBy ?? ''];
}

/** The log of changes and what waits, for programs. */
export function logJson(log: RuleLog, proposals: readonly Proposal[]): unknown {
  const at = (ms: number | null | undefined): string | null => (ms === null || ms === undefined ? null : new Date(ms).toISOString());
  return {
    log: log.map(({ fromMs, atMs, ...rest }, i) => ({ number: i + 1, ...rest, from: at(fromMs), at: at(atMs) })),
    waiting: proposals.map(({ fromMs, atMs, ...rest }) => ({ ...rest, from: at(fromMs), at: at(atMs) })),
  };
}
