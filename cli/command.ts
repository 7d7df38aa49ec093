import type { Flag, Flags } from './flags.ts';

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text of `--help`. */
  readonly help: string;
  /** Runs with the arguments behind the name; resolves with the exit code: 0 done, 1 failed check. Throws UsageError on bad usage. */
  run(args: readonly string[]): Promise<number>;
}

/** What the help of a command is made of. */
export interface HelpParts {
  /** How it is called, without `headrace`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Flags;
  /** Command lines without `headrace`, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Sentences below the flags. */
  readonly notes?: readonly string[];
}

/** Flag of the data folder, the same in all commands. */
export const DATA_FLAG = {
  kind: 'text',
  value: 'DIR',
  fallback: '.headrace/data',
  help: 'data folder: stream, state and lake',
} as const satisfies Flag;

/** Flag of a deployed stack, the same in all commands that can look at one. */
export const STACK_FLAG = {
  kind: 'text',
  value: 'NAME',
  help: 'a deployed stack instead, such as headrace-dev; AWS environment as usual',
} as const satisfies Flag;

/** Flag of the pipeline folder, the same in all commands. */
export const PIPELINE_FLAG = {
  kind: 'text',
  value: 'DIR',
  fallback: 'pipelines/payments',
  help: 'folder with pipeline.ts and rules/',
} as const satisfies Flag;

/** Flag of machine-readable output, the same in all commands. */
export const JSON_FLAG = { kind: 'switch', help: 'machine-readable output' } as const satisfies Flag;

/** Renders the help of a command: usage, what it does, flags, examples. */
export function helpText({ usage, summary, flags, examples, notes = [] }: HelpParts): string {
  const shownFlags = [...Object.entries(flags), ['help', { kind: 'switch', help: 'this text' }] as const].map(flagLine);
  const width = Math.max(...shownFlags.map(([left]) => left.length));
  return [
    `Usage: headrace ${usage}`,
    '',
    summary,
    '',
    'Flags:',
    ...shownFlags.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
    'Examples:',
    ...examples.flatMap(([line, does]) => [`  # ${does}`, `  npx headrace ${line}`]),
    '',
  ].join('\n');
}

function flagLine([name, flag]: readonly [string, Flag]): [string, string] {
  if (flag.kind === 'switch') return [`--${name}`, flag.help];
  if (flag.kind === 'choice') return [`--${name} ${flag.choices.join('|')}`, `${flag.help} (default ${flag.fallback})`];
  if (flag.kind === 'texts') return [`--${name} ${flag.value}…`, flag.help];
  const range = flag.kind === 'whole' ? `${flag.min}..${flag.max}, ` : '';
  const fallback = flag.fallback === undefined ? '' : ` (${range}default ${flag.fallback})`;
  return [`--${name} ${flag.value}`, `${flag.help}${fallback}`];
}
