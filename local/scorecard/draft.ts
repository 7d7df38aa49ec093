import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import type { Rule, RuleStatus } from '../../core/rules/rule.ts';
import { ruleIdStart } from '../../core/scorecard/rules.ts';
import type { Scorecard } from '../../core/scorecard/scorecard.ts';
import { ruleFilesIn } from '../../pipelines/rule-files.ts';
import { ruleText } from '../../pipelines/rule-text.ts';

/** What became of a rule of a scorecard. */
export interface DraftLine {
  readonly id: string;
  readonly version: number;
  readonly status: RuleStatus;
  readonly change: 'new' | 'changed' | 'status' | 'retired' | 'unchanged';
}

/** What is to be written. */
export interface Draft {
  readonly card: Scorecard;
  /** The rules of the table; their status is that of new ones. */
  readonly rules: readonly Rule[];
  /** Whether that status is asked for, so that rules which stay as they are get it too. */
  readonly isStatusWanted: boolean;
}

/**
 * Writes the rules of a scorecard into `dir/rules`, the one place where a draft is written. A rule that is there and does the same stays as it is; of another
 * one the version grows by one, and owner, alerts and typology stay as a person has set them. Rules of bins that are gone are retired. As points belong
 * together, all get the same status as soon as one is changed. Throws UsageError for rule files that are wrong, and for no folder.
 */
export async function writeDraft(dir: string, draft: Draft): Promise<DraftLine[]> {
  const folder = join(dir, 'rules');
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw usageError('folder of the draft', dir, `one that is there or can be made (${error.code ?? error.message})`);
  });
  const known = await ruleFilesIn(folder);
  const lines = draftOf(draft, [...known.values()]);
  const files = new Map([...known].map(([file, { id }]) => [id, file]));
  for (const { rule, change } of lines)
    if (change !== 'unchanged') await writeWhole(join(folder, files.get(rule.id) ?? `${rule.id}.yaml`), ruleText(rule));
  return lines.map(({ rule: { id, version, status }, change }) => ({ id, version, status, change }));
}

interface Written {
  readonly rule: Rule;
  readonly change: DraftLine['change'];
}

function draftOf({ card, rules, isStatusWanted }: Draft, known: readonly Rule[]): Written[] {
  const byId = new Map(known.map((rule) => [rule.id, rule]));
  const wanted = new Set(rules.map(({ id }) => id));
  const starts = card.bins.map(({ name }) => ruleIdStart(card, name));
  const gone = known.filter(({ id, status }) => status !== 'retired' && !wanted.has(id) && starts.some((start) => isOf(start, id)));
  const lines = rules.map((rule) => changed(rule, byId.get(rule.id)));
  const isTogether = isStatusWanted || gone.length > 0 || lines.some(({ change }) => change !== 'unchanged');
  return [
    ...lines.map((line, i) => (isTogether && line.change === 'unchanged' ? withStatus(line, rules[i]?.status ?? line.rule.status) : line)),
    ...gone.map((rule): Written => ({ rule: { ...rule, version: rule.version + 1, status: 'retired' }, change: 'retired' })),
  ];
}

/** Whether an id is that of a bin: behind the name comes its threshold, and nothing that a person would write. */
function isOf(start: string, id: string): boolean {
  return id.startsWith(start) && /^(below-)?(minus-)?\d+(-\d+)?$/.test(id.slice(start.length));
}

function changed(rule: Rule, before: Rule | undefined): Written {
  if (before === undefined) return { rule, change: 'new' };
  const isSame = before.on === rule.on && before.condition === rule.condition && before.points === rule.points;
  if (isSame && before.status !== 'retired') return { rule: before, change: 'unchanged' };
  const { owner, alert, typology } = before;
  const version = before.version + 1;
  return { rule: { ...rule, version, owner, alert, ...(typology === undefined ? {} : { typology }) }, change: 'changed' };
}

function withStatus(line: Written, status: RuleStatus): Written {
  return line.rule.status === status ? line : { rule: { ...line.rule, status }, change: 'status' };
}

/** A file is there whole or as it was before. */
async function writeWhole(path: string, text: string): Promise<void> {
  const scratch = `${path}.new`;
  await writeFile(scratch, text);
  await rename(scratch, path);
}
