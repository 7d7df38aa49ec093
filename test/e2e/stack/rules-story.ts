import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Step } from './scenario.ts';

/** Runs `headrace` on the stack; its standard output. Throws with all it said. */
export type Command = (...args: readonly string[]) => Promise<string>;

/** The rule that the story changes: a payment above 220 euro. */
const RULE = 'amount-over-limit';
const SHIPPED = 'pipelines/payments';
/** Version of the shipped rule. */
const SHIPPED_VERSION = 2;

/** One entry of the log of rule changes, as the command shows it. */
export interface LogEntry {
  readonly version: string;
  readonly from: string;
}

/** What `headrace rules log --json` shows. */
export interface ShownLog {
  readonly log: readonly LogEntry[];
  readonly waiting: readonly { readonly id: string; readonly by: string }[];
}

/** The log of rule changes of the stack. */
export async function rulesLog(command: Command): Promise<ShownLog> {
  return JSON.parse(await command('rules', 'log', '--json')) as ShownLog;
}

/** How a pipeline folder is otherwise than the shipped one. */
export interface Changes {
  /** Of `RULE`, in place of the shipped version. */
  readonly version?: number;
  /** Of `RULE`, in place of its condition. */
  readonly condition?: string;
  /** Whether its definition asks for two people, as that of the stack does not. */
  readonly twoPeople?: boolean;
}

/** Makes a pipeline folder like the shipped one, with changes; its path. */
export function pipelineFolder(folder: string, { version = SHIPPED_VERSION, condition, twoPeople = false }: Changes): string {
  for (const name of ['rules', 'lists']) cpSync(join(SHIPPED, name), join(folder, name), { recursive: true });
  const shipped = pathToFileURL(resolve(SHIPPED, 'pipeline.ts')).href;
  const decision = `{ ...shipped.decision, twoPeople: ${twoPeople} }`;
  writeFileSync(
    join(folder, 'pipeline.ts'),
    `import { pipeline as shipped } from ${JSON.stringify(shipped)};\nexport const pipeline = { ...shipped, decision: ${decision} };\n`,
  );
  const file = join(folder, 'rules', `${RULE}.yaml`);
  const text = readFileSync(file, 'utf8').replace(`version: ${SHIPPED_VERSION}`, `version: ${version}`);
  writeFileSync(file, condition === undefined ? text : text.replace(/^condition: .*$/m, `condition: ${condition}`));
  return folder;
}

const over = (minor: number): string => `event.currency == "EUR" && event.amount_minor > ${minor}`;

/**
 * Changes the rules of a deployed stack as people do: a higher limit that a second person agrees to, a lower one on trial, and at last a
 * pause. What became of those that must be refused is in the answer, by name.
 */
export async function changeRules(command: Command, folder: string): Promise<Readonly<Record<string, string>>> {
  const folderOf = (name: string, changes: Changes): string => pipelineFolder(join(folder, name), changes);
  const refused = (...args: readonly string[]): Promise<string> => command('rules', ...args).catch((error: Error) => error.message);
  const raised = folderOf('raised', { version: SHIPPED_VERSION + 1, condition: over(50_000), twoPeople: true });
  const flags = ['--pipeline', raised, '--json'] as const;
  const id = await waiting(command, 'apply', raised, '--why', 'limits of the new year', '--by', 'ada', ...flags);
  const alone = await refused('approve', id, '--by', 'Ada', ...flags);
  await command('rules', 'approve', id, '--by', 'bo', ...flags);
  const lower = folderOf('lower', { version: SHIPPED_VERSION + 2, condition: over(10_000) });
  await command('rules', 'trial', lower, '--why', 'what if', '--by', 'cy');
  await command('rules', 'set', RULE, 'paused', '--why', 'pay day', '--by', 'dan');
  // What changes nothing comes last, while the changes wait for their time.
  const broken = await refused(
    'apply',
    folderOf('broken', { version: SHIPPED_VERSION + 3, condition: 'event.amonut_minor > 1' }),
    '--why',
    'typing',
  );
  const edited = await refused('apply', folderOf('edited', { condition: over(1) }), '--why', 'in place');
  const withdrawn = await waiting(command, 'set', RULE, 'retired', '--why', 'nobody needs it', '--by', 'eve', ...flags);
  await command('rules', 'refuse', withdrawn, '--by', 'bo', ...flags);
  const gone = await refused('approve', withdrawn, '--by', 'bo', ...flags);
  return { broken, edited, alone, gone };
}

/** Asks for a change where the definition wants two people; its id. Throws if it did not wait. */
async function waiting(command: Command, ...args: readonly string[]): Promise<string> {
  const { waits } = JSON.parse(await command('rules', ...args)) as { readonly waits: { readonly id: string } };
  return waits.id;
}

/** Payments at both sides of each change, the newest first; each of a customer of its own, at an amount that the rule sets see differently. */
export function paymentsAround(log: readonly LogEntry[]): Step {
  const [, raised = 0, tried = 0, paused = 0] = log.map(({ from }) => Date.parse(from));
  const at = (id: string, ms: number, amount: string): Step['lines'][number] => {
    const ids = { event_id: id, customer_id: `customer-of-${id}`, terminal_id: 't0' };
    const time = new Date(ms).toISOString();
    return { key: ids.customer_id, text: JSON.stringify({ type: 'transaction', event_time: time, ...ids, amount, currency: 'EUR' }) };
  };
  return {
    name: 'payments around the changes of rules',
    lines: [
      at('rules-5', paused, '640.00'),
      at('rules-4', paused - 1, '640.00'),
      at('rules-3', tried, '300.00'),
      at('rules-2', raised, '300.00'),
      at('rules-1', raised - 1, '300.00'),
    ],
  };
}

/** Their decisions, by a rule on the limit beside others that see customers without history pay much: id, outcome, rule set in force, rule set on trial and what it would have said. */
export function decisionsAround(log: readonly LogEntry[]): (string | null)[][] {
  const [first = '', raised = '', tried = '', paused = ''] = log.map(({ version }) => version);
  return [
    ['rules-1', 'decline', first, null, null],
    ['rules-2', 'review', raised, null, null],
    ['rules-3', 'review', raised, tried, 'decline'],
    ['rules-4', 'decline', raised, tried, 'decline'],
    ['rules-5', 'review', paused, tried, 'decline'],
  ];
}
