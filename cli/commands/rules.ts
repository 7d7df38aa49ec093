import { usageError } from '../../core/errors.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { type Command, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { type Flags, readFlags } from '../flags.ts';
import { columnsText, writeOut } from '../output.ts';

const FLAGS = { json: JSON_FLAG } as const satisfies Flags;

const SUMMARY = 'Checks the rules of a pipeline: form, condition, names they use.';

/** `headrace rules check`: everything about rule files that can be known without events. */
export const command: Command = {
  name: 'rules',
  summary: SUMMARY,
  help: helpText({
    usage: 'rules check [DIR] [flags]',
    summary: `${SUMMARY} DIR is the pipeline folder (default ${PIPELINE_FLAG.fallback}).`,
    flags: FLAGS,
    notes: ['Exit code 0: all rules are good. 2: one is not; the line says which file, what, and what is allowed.'],
    examples: [
      ['rules check', 'the shipped rules'],
      ['rules check examples/sensor-readings --json', 'those of another pipeline'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    const [action, dir = PIPELINE_FLAG.fallback, extra] = positionals;
    if (action !== 'check') throw usageError('rules', action ?? 'nothing', 'check');
    if (extra !== undefined) throw usageError('unexpected argument', extra, 'one pipeline folder');
    const loaded = await loadPipeline(dir);
    writeOut(flags.json ? `${JSON.stringify(asJson(loaded))}\n` : asText(loaded));
    return 0;
  },
};

function asJson({ pipeline, rules: { rules, version } }: LoadedPipeline): unknown {
  return {
    pipeline: pipeline.name,
    rule_set_version: version,
    rules: rules.map(({ id, version: ruleVersion, status, points, condition }) => ({
      id,
      version: ruleVersion,
      status,
      points,
      condition,
    })),
  };
}

function asText({ pipeline, rules: { rules, version } }: LoadedPipeline): string {
  if (rules.length === 0) return `Pipeline ${pipeline.name} has no rules.\n`;
  const rows = rules.map(({ id, version: ruleVersion, status, points, condition }) => [
    id,
    ruleVersion,
    status,
    points,
    condition.trim().replaceAll(/\s+/g, ' '),
  ]);
  const verdict = rules.length === 1 ? 'The rule is good' : `All ${rules.length} rules are good`;
  return `${columnsText([['rule', 'version', 'status', 'points', 'condition'], ...rows])}\n${verdict}; rule set ${version}.\n`;
}
