import { userInfo } from 'node:os';
import { usageError } from '../../core/errors.ts';
import { type Answer, type BackfillRequest, type Backfills, FolderBackfills } from '../../local/backfill/backfills.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { dataFolder } from '../../local/runtime/folder.ts';
import { tellEnd } from '../backfill/end.ts';
import { loadFields, loadFiles, loadText } from '../backfill/load.ts';
import { showAll, showOne } from '../backfill/show.ts';
import { planText, summaryText } from '../backfill/text.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { backfillCost } from '../cost/backfill.ts';
import { loadPrices } from '../cost/prices.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { writeErr, writeOut } from '../output.ts';
import { askYesNo } from '../prompt.ts';
import { withBackfills } from '../source/backfill-place.ts';
import { stopSignal } from '../stop.ts';

const FLAGS = {
  input: {
    kind: 'texts',
    value: 'FILE',
    help: 'load history from CSV, NDJSON or Parquet files, or globs, that never went through the stream',
  },
  import: { kind: 'text', value: 'Q.sql', help: 'with --input: a SELECT over the view input that shapes rows into events' },
  type: { kind: 'text', value: 'T', help: 'with --input: event type of rows that name none' },
  from: { kind: 'text', value: 'TIME', help: 'start of the range of event time: a day or a whole hour, UTC' },
  to: { kind: 'text', value: 'TIME', help: 'end of the range, exclusive' },
  'last-days': { kind: 'whole', value: 'N', min: 1, max: 400, help: 'instead: so many whole days up to the newest final one' },
  mode: { kind: 'choice', choices: ['verify', 'correct', 'rebuild'], fallback: 'verify', help: 'what for' },
  tables: { kind: 'texts', value: 'NAME', help: 'only these tables' },
  'rules-version': { kind: 'text', value: 'V', help: 'judge by another version of the rules, into what_if_decisions' },
  'approve-above': {
    kind: 'whole',
    value: 'N',
    min: 0,
    max: 1_000_000_000,
    help: 'changed rows that need no approval (1000; rebuild always asks)',
  },
  'dry-run': { kind: 'switch', help: 'only show the plan: slices, expected time and cost' },
  yes: { kind: 'switch', help: 'approve whatever it finds' },
  id: { kind: 'text', value: 'ID', help: 'name of the backfill; default from the time' },
  list: { kind: 'switch', help: 'show all backfills' },
  show: { kind: 'text', value: 'ID', help: 'show one: plan, differences, how it ended' },
  resume: { kind: 'text', value: 'ID', help: 'go on with one that was stopped' },
  approve: { kind: 'text', value: 'ID', help: 'let one publish that waits for it, and go on' },
  refuse: { kind: 'text', value: 'ID', help: 'end one that waits: nothing is published' },
  abandon: { kind: 'text', value: 'ID', help: 'give one up: what it has published is taken back' },
  by: { kind: 'text', value: 'NAME', help: 'who says so; default the user of this machine' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

type BackfillFlags = ReturnType<typeof readFlags<typeof FLAGS>>['flags'];

const SUMMARY = 'Recomputes a range from the archive through the same processor, and compares or replaces what is published.';

/** `headrace backfill`: history run through the very same code. */
export const command: Command = {
  name: 'backfill',
  summary: SUMMARY,
  help: helpText({
    usage: 'backfill (--from TIME --to TIME | --input FILE…) [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'verify must find every published row as it is, and changes nothing (exit code 1: it did not). correct folds late events into the',
      'aggregates, as a new revision of the rows they change. rebuild publishes aggregates recomputed by the definition as it is now. Decisions',
      'are facts: none of them rewrites one. More than --approve-above changed rows wait for a person: exit code 1, then --approve or --refuse.',
      '--input loads history: events get windows and rows as the stream would have made them, and no decisions. --from and --to may cut it.',
      'Queries see the hours before or after, never a mix; if a step fails, what was published is taken back. It may run beside headrace up.',
      'Of a stack the deployed state machine does it, and goes on when this command is stopped; --resume ID follows it.',
    ],
    examples: [
      ['backfill --from 2026-01-05 --to 2026-01-06', 'check a day against the archive'],
      ['backfill --last-days 3 --json', 'check the last three days, for a program to read'],
      ['backfill --from 2026-01-05 --to 2026-01-06 --mode correct --dry-run', 'what it would take'],
      ['backfill --from 2026-01-05 --to 2026-01-06 --mode correct --yes', 'fold late events in'],
      ['backfill --input 2025.parquet --import Q.sql --yes', 'load the events of a year'],
      ['backfill --last-days 3 --stack headrace-dev', 'check a deployed stack'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    oneOf(flags);
    const loaded = await loadPipeline(flags.pipeline);
    if (flags.input.length > 0) return load(flags, loaded);
    return withBackfills(flags, loaded, (backfills) => act(flags, backfills));
  },
};

/** Loads files, and makes windows and rows of them. */
async function load(flags: BackfillFlags, loaded: LoadedPipeline): Promise<number> {
  if (flags.stack !== undefined)
    throw usageError('--stack', flags.stack, 'no --stack beside --input: history is loaded into a data folder');
  const backfills = new FolderBackfills(dataFolder(flags.data).root, loaded, Date.now);
  const { input: inputs, import: importFile, type: defaultType, from, to } = flags;
  const before = process.cpuUsage();
  const above = flags['approve-above'];
  const { ended, outcome } = await loadFiles(
    backfills,
    { inputs, importFile, defaultType, from, to },
    { request: above === undefined ? {} : { approveAbove: above }, options: optionsOf(flags, backfills) },
  );
  if (outcome !== undefined && !flags.json) writeOut(loadText(outcome));
  if (outcome === undefined) {
    writeErr('headrace backfill: the load was stopped: the same command begins it anew\n');
    return 1;
  }
  return tellEnd(ended, { mode: 'load', isJson: flags.json, before, more: loadFields(outcome) });
}

async function act(flags: BackfillFlags, backfills: Backfills): Promise<number> {
  if (flags.list) return showAll(backfills, flags.json);
  if (flags.show !== undefined) return showOne(backfills, flags.show, flags.json);
  if (flags['dry-run']) {
    const plan = await backfills.plan(requestOf(flags));
    writeOut(flags.json ? `${JSON.stringify({ ...plan, cost: backfillCost(plan, loadPrices()) })}\n` : planText(plan));
    return 0;
  }
  if (flags.abandon !== undefined) {
    await backfills.abandon(flags.abandon, byOf(flags));
    writeOut(`Backfill ${flags.abandon} is given up; nothing of it is published.\n`);
    return 0;
  }
  return work(flags, backfills);
}

/** Runs one to its end, or as far as it goes without a word of a person. */
async function work(flags: BackfillFlags, backfills: Backfills): Promise<number> {
  const said = saidBy(flags);
  const known = flags.resume ?? flags.approve ?? flags.refuse;
  const id = known ?? flags.id ?? `backfill-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}`;
  if (known === undefined && (await backfills.look(id)).plan !== undefined)
    throw usageError('--id', id, 'an id that no backfill has yet; --resume goes on with that one');
  if (flags.approve !== undefined) await backfills.answer(id, said(true));
  if (flags.refuse !== undefined) await backfills.answer(id, said(false));
  const before = process.cpuUsage();
  const ended = await backfills.run(id, known === undefined ? requestOf(flags) : undefined, optionsOf(flags, backfills));
  return tellEnd(ended, { mode: flags.mode, isJson: flags.json, before, more: {} });
}

/** What a person says, by name. */
function saidBy(flags: BackfillFlags): (isApproved: boolean) => Answer {
  return (isApproved) => ({ isApproved, by: byOf(flags), atMs: Date.now() });
}

function optionsOf(flags: BackfillFlags, backfills: Backfills): Parameters<Backfills['run']>[2] {
  const said = saidBy(flags);
  return {
    signal: stopSignal(),
    onState: (name) => {
      if (process.stderr.isTTY) writeErr(`${name}\n`);
    },
    onOverruled: ({ by, isApproved }) => {
      writeErr(`headrace backfill: ${by} has ${isApproved ? 'approved' : 'refused'} it meanwhile, and the first word counts\n`);
    },
    answer: async (id) => {
      if (flags.yes) return said(true);
      const { summary } = await backfills.look(id);
      if (summary !== undefined) writeErr(summaryText(summary));
      return process.stdin.isTTY && process.stderr.isTTY ? said(await askYesNo('Publish this?')) : undefined;
    },
  };
}

const DOINGS = ['list', 'show', 'resume', 'approve', 'refuse', 'abandon'] as const;

/** Throws UsageError where a command line says two things at once. */
function oneOf(flags: BackfillFlags): void {
  const said = DOINGS.filter((name) => (name === 'list' ? flags.list : flags[name] !== undefined));
  if (flags.input.length > 0) {
    assertLoad(flags, said);
    return;
  }
  for (const name of ['import', 'type'] as const)
    if (flags[name] !== undefined) throw usageError(`--${name}`, 'no --input', '--input with the files that it is about');
  if (said.length > 1) throw usageError('flags', said.map((name) => `--${name}`).join(' '), 'one of them');
  const isRange = flags.from !== undefined || flags.to !== undefined || flags['last-days'] !== undefined;
  if (said.length === 0 && !isRange) throw usageError('range', 'nothing', '--from and --to, or --last-days');
  if (said.length === 1 && isRange) throw usageError('range', `beside --${said[0]}`, 'none: the backfill has its own');
}

/** Throws UsageError where flags stand beside --input that mean nothing there. */
function assertLoad(flags: BackfillFlags, said: readonly string[]): void {
  const others = ['last-days', 'rules-version', 'id'] as const;
  const wrong = [
    ...said,
    ...others.filter((name) => flags[name] !== undefined),
    ...(flags.mode === 'verify' ? [] : ['mode']),
    ...(flags.tables.length === 0 ? [] : ['tables']),
    ...(flags['dry-run'] ? ['dry-run'] : []),
  ];
  if (wrong[0] !== undefined)
    throw usageError(`--${wrong[0]}`, 'beside --input', '--import, --type, --from, --to, --approve-above, --yes and --by beside --input');
}

/** The request that the flags make. */
function requestOf(flags: BackfillFlags): BackfillRequest {
  const { from, to, tables } = flags;
  const [days, version, above] = [flags['last-days'], flags['rules-version'], flags['approve-above']];
  return {
    mode: flags.mode as BackfillRequest['mode'],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(days === undefined ? {} : { lastDays: days }),
    ...(tables.length === 0 ? {} : { tables }),
    ...(version === undefined ? {} : { rulesVersion: version }),
    ...(above === undefined ? {} : { approveAbove: above }),
  };
}

/** Who gives a word. */
function byOf({ by }: BackfillFlags): string {
  return by ?? userInfo().username;
}
