import { maskText } from '../core/cards/mask.ts';
import { UsageError, usageError } from '../core/errors.ts';
import type { Command } from './command.ts';
import { writeErr, writeOut } from './output.ts';

/** Subcommands by name. Each is loaded only when it is called, so that small ones start fast. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  up: () => import('./commands/up.ts'),
  run: () => import('./commands/run.ts'),
  query: () => import('./commands/query.ts'),
  lake: () => import('./commands/lake.ts'),
  compact: () => import('./commands/compact.ts'),
  backfill: () => import('./commands/backfill.ts'),
  ledger: () => import('./commands/ledger.ts'),
  forget: () => import('./commands/forget.ts'),
  quarantine: () => import('./commands/quarantine.ts'),
  alerts: () => import('./commands/alerts.ts'),
  rules: () => import('./commands/rules.ts'),
  backtest: () => import('./commands/backtest.ts'),
  features: () => import('./commands/features.ts'),
  schema: () => import('./commands/schema.ts'),
  load: () => import('./commands/load.ts'),
  cost: () => import('./commands/cost.ts'),
};

const HELP = ['--help', '-h', 'help'];

/** Runs the command line and resolves with its exit code: 0 done, 1 failed, 2 bad usage. Errors become one line on stderr. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    return await dispatch(name, rest);
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error);
    // A message may quote the input that it is about.
    const shown = maskText(line.replaceAll(/\s*\n\s*/g, ' ').trim());
    const isDebug = process.env['HEADRACE_DEBUG'] === '1' && error instanceof Error;
    writeErr(`headrace${isKnown(name) ? ` ${name}` : ''}: ${shown}\n${isDebug ? `${maskText(error.stack ?? '')}\n` : ''}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function isKnown(name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}

async function dispatch(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name !== undefined && HELP.includes(name)) {
    writeOut(await overview());
    return 0;
  }
  const load = isKnown(name) ? COMMANDS[name] : undefined;
  if (load === undefined) throw usageError('command', name ?? 'nothing', `${Object.keys(COMMANDS).join(', ')}; see headrace --help`);
  const { command } = await load();
  if (isHelpWanted(args)) {
    writeOut(command.help);
    return 0;
  }
  return await command.run(args);
}

/** Arguments behind `--` are never flags. */
function isHelpWanted(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: headrace COMMAND [flags]',
    '',
    'Real-time stream analytics for payment monitoring, whole on one machine.',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Each command has --help and --json. Exit codes: 0 done, 1 failed, 2 bad usage.',
    '',
  ].join('\n');
}
