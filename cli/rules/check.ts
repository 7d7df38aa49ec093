import type { LoadedPipeline } from '../../local/pipeline.ts';
import { columnsText } from '../output.ts';

/** Rules and lists that are good, for programs. */
export function checkJson({ pipeline, rules: { rules, lists, version } }: LoadedPipeline): unknown {
  return {
    pipeline: pipeline.name,
    rule_set_version: version,
    rules: rules.map(({ id, version: ruleVersion, status, points, typology, condition }) => ({
      ...{ id, version: ruleVersion, status, points, typology: typology ?? null, condition },
    })),
    lists: lists.map(({ id, effect, field, entries }) => ({ id, effect, field, entries: entries.length })),
  };
}

/** Rules and lists that are good, for people. */
export function checkText({ pipeline, rules: { rules, lists, version } }: LoadedPipeline): string {
  if (rules.length === 0) return `Pipeline ${pipeline.name} has no rules.\n`;
  const rows = rules.map(({ id, version: ruleVersion, status, points, condition }) => [
    ...[id, ruleVersion, status, points],
    condition.trim().replaceAll(/\s+/g, ' '),
  ]);
  const listRows = lists.map(({ id, effect, field, entries }) => [id, effect, field, entries.length]);
  const listText = lists.length === 0 ? '' : `${columnsText([['list', 'effect', 'field', 'entries'], ...listRows])}\n`;
  const verdict = rules.length === 1 ? 'The rule is good' : `All ${rules.length} rules are good`;
  return `${columnsText([['rule', 'version', 'status', 'points', 'condition'], ...rows])}\n${listText}${verdict}; rule set ${version}.\n`;
}
