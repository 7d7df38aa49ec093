import { usageError } from '../../core/errors.ts';
import { listSchema } from '../../core/rules/list.ts';
import { ruleSchema } from '../../core/rules/rule.ts';
import { scorecardSchema } from '../../core/scorecard/scorecard.ts';
import { RuleSets } from '../../lake/rules/sets.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, readFlags } from '../flags.ts';
import { writeOut } from '../output.ts';
import { checkJson, checkText } from '../rules/check.ts';
import { explainDecision } from '../rules/explain.ts';
import { FIT_HELP, runFit } from '../rules/fit/fit.ts';
import { LIFE } from '../rules/life.ts';
import { explainText } from '../rules/text.ts';
import { withLake } from '../source/lake-place.ts';
import { withSource } from '../source/source.ts';

const FLAGS = {
  why: { kind: 'text', value: 'TEXT', help: 'apply, set, trial: the reason, for those who ask later' },
  by: { kind: 'text', value: 'NAME', help: 'who changes or agrees; default the user of this machine' },
  from: { kind: 'text', value: 'TIME', help: 'first event time of the change; default as soon as all processors know of it' },
  key: { kind: 'text', value: 'KEY', help: 'explain: the partition key, where several keys have an event of this id' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Checks and changes rules, and explains what they decided.';
const ACTIONS = ['check', 'explain', 'fit', 'schema', ...Object.keys(LIFE)].join(', ');

/** `headrace rules check|explain|fit|schema`: everything about rules that can be known from their files and from decisions made. */
export const command: Command = {
  name: 'rules',
  summary: SUMMARY,
  help: `${helpText({
    usage: 'rules check|apply [DIR] | set RULE STATUS | trial DIR|end | log | approve|refuse ID | explain ID | schema KIND [flags]',
    summary: `${SUMMARY} DIR is the pipeline folder (default ${PIPELINE_FLAG.fallback}).`,
    flags: FLAGS,
    notes: [
      'check: form, condition, names they use. Exit code 2 if one is not good; the lines say which file, what, where, and what is allowed.',
      'explain: the tests of each rule with what was compared, the nearest value that would have turned it, the events behind the features.',
      'The decision is replayed from its row; exit code 1 if the replay does not agree with it.',
      'apply: the rules and lists of DIR are in force for events from --from on, without a restart. set: one rule gets another status.',
      'trial: those of DIR judge beside the ones in force, without effects. log: every change, who made it and why.',
      'Where the pipeline says so (decision.twoPeople), a change waits until somebody else approves it.',
      'fit: learns a scorecard; it has flags of its own, below. schema rule|list|scorecard: the JSON Schema of such files, for editors.',
    ],
    examples: [
      ['rules check', 'the shipped rules'],
      ['rules check examples/sensor-readings --json', 'those of another pipeline'],
      ['rules explain 71a3 --data tour', 'why this payment was declined'],
      ['rules set customer-velocity paused --why "false alarms on pay day" --data tour', 'against a running pipeline'],
      ['rules apply --why "limits of the new year" --stack headrace-dev', 'the files of the folder, on a deployed stack'],
      ['rules schema rule > rule.schema.json', 'for an editor'],
    ],
  })}\n${FIT_HELP}`,
  run: async (args) => {
    if (args[0] === 'fit') return runFit(args.slice(1));
    const { flags, positionals } = readFlags(FLAGS, args);
    const [action, subject, extra] = positionals;
    const life = LIFE[action ?? ''];
    if (life !== undefined) return life(flags, positionals.slice(1));
    if (extra !== undefined) throw usageError('unexpected argument', extra, 'one argument behind the action');
    if (action === 'check') return check(subject ?? flags.pipeline, flags.json);
    if (action === 'schema') return schema(subject);
    if (action === 'explain') return explain(subject, flags);
    throw usageError('rules', action ?? 'nothing', ACTIONS);
  },
};

async function check(dir: string, isJson: boolean): Promise<number> {
  const loaded = await loadPipeline(dir);
  writeOut(isJson ? `${JSON.stringify(checkJson(loaded))}\n` : checkText(loaded));
  return 0;
}

const SCHEMAS: Readonly<Record<string, () => object>> = { rule: ruleSchema, list: listSchema, scorecard: scorecardSchema };

function schema(subject: string | undefined): number {
  const made = Object.hasOwn(SCHEMAS, subject ?? '') ? SCHEMAS[subject ?? ''] : undefined;
  if (made === undefined) throw usageError('rules schema', subject ?? 'nothing', Object.keys(SCHEMAS).join(', '));
  writeOut(`${JSON.stringify(made(), undefined, 2)}\n`);
  return 0;
}

interface ExplainFlags {
  readonly key: string | undefined;
  readonly data: string;
  readonly stack: string | undefined;
  readonly pipeline: string;
  readonly json: boolean;
}

async function explain(eventId: string | undefined, flags: ExplainFlags): Promise<number> {
  if (eventId === undefined) throw usageError('rules explain', 'nothing', 'the id of an event, as in the table decisions');
  const loaded = await loadPipeline(flags.pipeline);
  const { pipeline } = loaded;
  const explained = await withLake(flags, pipeline.name, ({ objects }) => {
    const sets = new RuleSets(objects, pipeline, loaded.rules);
    return withSource(flags, loaded, async (source) =>
      explainDecision({ pipeline, sql: await source.lake(), rulesOf: (version) => sets.of(version) }, eventId, flags.key),
    );
  });
  writeOut(flags.json ? `${JSON.stringify(explained)}\n` : explainText(explained));
  return explained.agrees ? 0 : 1;
}
