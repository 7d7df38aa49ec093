import { userInfo } from 'node:os';
import { usageError } from '../../core/errors.ts';
import type { RuleStatus } from '../../core/rules/rule.ts';
import type { RuleChange } from '../../core/rules/schedule.ts';
import {
  approveChange,
  type ChangeOutcome,
  type ChangePorts,
  changeRules,
  newestSet,
  readProposals,
  refuseChange,
} from '../../lake/rules/change.ts';
import { readLog } from '../../lake/rules/log.ts';
import { type NamedRules, versionOf } from '../../lake/rules/sets.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { writeOut } from '../output.ts';
import { withLake } from '../source/lake-place.ts';
import { logJson, logText, outcomeText } from './log-text.ts';

/** Flags of the actions that change rules. */
export interface LifeFlags {
  readonly data: string;
  readonly stack: string | undefined;
  readonly pipeline: string;
  readonly why: string | undefined;
  readonly by: string | undefined;
  readonly from: string | undefined;
  readonly json: boolean;
}

const STATUSES: readonly RuleStatus[] = ['draft', 'shadow', 'active', 'paused', 'retired'];

/** Actions by name; each takes what stands behind it on the command line, and gives the exit code. */
export const LIFE: Readonly<Record<string, (flags: LifeFlags, args: readonly string[]) => Promise<number>>> = {
  apply: async (flags, [dir, ...rest]) => {
    none(rest);
    const { rules } = await loadPipeline(dir ?? flags.pipeline);
    return change(flags, async () => ({ kind: 'active', rules, source: 'files' }));
  },
  set: async (flags, [id, status, ...rest]) => {
    none(rest);
    return change(flags, async (ports) => ({ kind: 'active', rules: await withStatus(ports, id, status), source: 'command' }));
  },
  trial: async (flags, [dir, ...rest]) => {
    none(rest);
    if (dir === undefined) throw usageError('rules trial', 'nothing', 'a pipeline folder with the rules to try, or end');
    const rules = dir === 'end' ? null : (await loadPipeline(dir)).rules;
    return change(flags, async () => ({ kind: 'trial', rules, source: 'command' }));
  },
  approve: async (flags, [id, ...rest]) => {
    none(rest);
    return withRules(flags, async (ports) => told(flags, { change: await approveChange(ports, named(id), byOf(flags)) }));
  },
  refuse: async (flags, [id, ...rest]) => {
    none(rest);
    return withRules(flags, async (ports) => {
      const { version, by } = await refuseChange(ports, named(id));
      writeOut(flags.json ? `${JSON.stringify({ refused: version })}\n` : `The change of ${by} to rule set ${version} is thrown away.\n`);
      return 0;
    });
  },
  log: async (flags, rest) => {
    none(rest);
    return withRules(flags, async ({ objects }) => {
      const [log, proposals] = [await readLog(objects), await readProposals(objects)];
      writeOut(flags.json ? `${JSON.stringify(logJson(log, proposals))}\n` : logText(log, proposals));
      return 0;
    });
  },
};

async function withRules(flags: LifeFlags, use: (ports: ChangePorts) => Promise<number>): Promise<number> {
  const { pipeline } = await loadPipeline(flags.pipeline);
  return withLake(flags, pipeline.name, ({ objects }) => use({ objects, pipeline, clock: Date.now }));
}

type Wanted = Pick<Parameters<typeof changeRules>[1], 'kind' | 'rules' | 'source'>;

async function change(flags: LifeFlags, wanted: (ports: ChangePorts) => Promise<Wanted>): Promise<number> {
  const rest = { why: flags.why ?? '', by: byOf(flags), fromMs: timeOf(flags.from) };
  return withRules(flags, async (ports) => told(flags, await changeRules(ports, { ...(await wanted(ports)), ...rest })));
}

function told({ json }: LifeFlags, outcome: ChangeOutcome): number {
  writeOut(json ? `${JSON.stringify('change' in outcome ? jsonOf(outcome.change) : { waits: outcome.proposal })}\n` : outcomeText(outcome));
  return 0;
}

function jsonOf({ fromMs, atMs, ...rest }: RuleChange): object {
  return { ...rest, from: fromMs === null ? null : new Date(fromMs).toISOString(), at: new Date(atMs).toISOString() };
}

/** The rules that count newest, one of them with another status. */
async function withStatus({ objects }: ChangePorts, id: string | undefined, status: string | undefined): Promise<NamedRules> {
  const base = await newestSet(objects, await readLog(objects));
  const ids = base?.rules.map((rule) => rule.id) ?? [];
  if (base === undefined || id === undefined || !ids.includes(id)) throw usageError('rule', id ?? 'nothing', ids.join(', ') || 'none yet');
  const wanted = STATUSES.find((one) => one === status);
  if (wanted === undefined) throw usageError('status', status ?? 'nothing', STATUSES.join(', '));
  const source = { lists: base.lists, rules: base.rules.map((rule) => (rule.id === id ? { ...rule, status: wanted } : rule)) };
  return { ...source, version: versionOf(source) };
}

function none(rest: readonly string[]): void {
  if (rest[0] !== undefined) throw usageError('unexpected argument', rest[0], 'nothing more');
}

function named(id: string | undefined): string {
  if (id === undefined) throw usageError('change', 'nothing', 'the rule set that waits, as headrace rules log shows it');
  return id;
}

function byOf({ by }: LifeFlags): string {
  return by ?? userInfo().username;
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || !text.endsWith('Z')) throw usageError('--from', text, 'a time in UTC, such as 2026-12-01T06:00:00Z');
  return ms;
}
