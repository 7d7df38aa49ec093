import type { ExplainedRule, ExplainedTest } from '../../core/rules/explain.ts';
import type { Flip } from '../../core/rules/flip.ts';
import { columnsText } from '../output.ts';
import type { ExplainedDecision } from './explain.ts';

/** A decision in words: outcome, rules test by test, what would have turned it, and the events behind the features. */
export function explainText(decision: ExplainedDecision): string {
  const { event_id, event_time, key, outcome, score, rule_set_version, explanation, agrees, contributing } = decision;
  const head = `Event ${event_id} of ${key} at ${event_time}: ${outcome}, ${score} points, rule set ${rule_set_version}.`;
  const lists = decision.list_hits.map((hit) => `  ${hit}`);
  const fired = explanation.rules.filter((rule) => rule.outcome === 'fired').flatMap(ruleLines);
  const others = explanation.rules.filter((rule) => rule.outcome !== 'fired');
  const turns = explanation.flips.map((flip) => `  ${flip.outcome} ${flipText(flip)}`);
  const events = Object.entries(contributing).map(([name, ids]) => [
    `  features.${name}`,
    String(decision.features[name] ?? 'none'),
    ids.join(' '),
  ]);
  const blocks = [
    [head],
    titled('Lists', lists),
    titled('Rules that fired', fired),
    titled('It would have been', turns),
    titled('Rules that did not fire', others.length === 0 ? [] : [columnsText(others.map(otherCells)).trimEnd()]),
    titled('Earlier events behind the features', events.length === 0 ? [] : [columnsText(events).trimEnd()]),
    [
      agrees
        ? 'The replay from the row agrees.'
        : `The replay does NOT agree: ${explanation.decision.outcome}, ${explanation.decision.score} points.`,
    ],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function ruleLines({ ruleId, status, points, tests, flips }: ExplainedRule): string[] {
  const head = `  ${ruleId}${status === 'shadow' ? ' (shadow, no effect)' : `, ${points} points`}`;
  const turns = flips.map((flip) => `    would not have fired ${flipText(flip)}`);
  return [head, ...tests.map((test) => `    ${mark(test)} ${testText(test)}`), ...turns];
}

function otherCells({ ruleId, status, outcome, tests }: ExplainedRule): string[] {
  const missed = tests.find(({ holds, fault }) => holds === false || fault !== undefined);
  return [`  ${ruleId}`, status, outcome, missed === undefined ? '' : testText(missed)];
}

function mark({ holds, fault }: ExplainedTest): string {
  if (fault !== undefined) return '?';
  return holds === true ? '+' : '-';
}

function testText({ test, value, bound, fault }: ExplainedTest): string {
  if (fault !== undefined) return `${test}   ${fault}`;
  if (value === undefined) return test;
  return `${test}   ${value}${bound === undefined ? '' : ` against ${bound}`}`;
}

function flipText({ path, from, to }: Flip): string {
  return `with ${path} ${to} ${to < from ? 'or less' : 'or more'}, instead of ${from}`;
}
