import { userInfo } from 'node:os';
import { usageError } from '../../core/errors.ts';
import type { ErasureReceipt } from '../../lake/erasure/receipts.ts';
import { keyFieldsOf } from '../../lake/erasure/subject.ts';
import type { ForgetOutcome, ForgetPlan } from '../../local/erasure/folder.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Arguments, type Flags, noPositionals, readFlags } from '../flags.ts';
import { columnsText, thingsText, writeErr, writeOut } from '../output.ts';
import { withErasures } from '../source/erasures.ts';

const FLAGS = {
  key: { kind: 'text', value: 'VALUE', help: 'the partition key to forget, whatever its field is called' },
  customer: { kind: 'text', value: 'ID', help: 'the same where the key field is customer_id' },
  by: { kind: 'text', value: 'NAME', help: 'who asks for it, for the receipt (default: the user of this machine)' },
  'dry-run': { kind: 'switch', help: 'show what would be touched, change nothing' },
  list: { kind: 'switch', help: 'show the receipts' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Masks one key for good in all tables, the archive and the state, and writes a receipt.';
const CUSTOMER_FIELD = 'customer_id';

/** `headrace forget`: erasure of one key of a data folder or a stack. */
export const command: Command = {
  name: 'forget',
  summary: SUMMARY,
  help: helpText({
    usage: 'forget --customer ID | --key VALUE | --list [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'The key becomes a pseudonym, the same each time; fields that the pipeline marks personal go, or become pseudonyms too.',
      'Times, amounts and all other rows stay.',
      'What was before is removed at once, query --as-of does not show it either. Stop headrace up first. A killed run of this is finished by',
      'the same command. A stack goes on working: the deployed function masks what is there, and is done an hour after it last found something;',
      'this command waits, or is run again. Exit code 1: nobody has the key, or it is not done yet.',
    ],
    examples: [
      ['forget --customer ada --dry-run', 'what would be touched'],
      ['forget --customer ada --by "J. Doe, ticket 17"', 'mask it'],
      ['forget --customer ada --stack headrace-dev', 'the same of a deployed stack'],
      ['forget --list', 'the receipts'],
    ],
  }),
  run: async (args) => {
    const given = readFlags(FLAGS, args);
    noPositionals(given.positionals, FLAGS);
    const { flags } = given;
    const loaded = await loadPipeline(flags.pipeline);
    return withErasures(flags, loaded, async (erasures) => {
      if (flags.list) return showReceipts(await erasures.list(), flags.json);
      const who = { ...keyOf(given, loaded), by: flags.by ?? userInfo().username };
      return flags['dry-run'] ? showPlan(await erasures.plan(who), flags.json) : showOutcome(await erasures.forget(who), flags.json);
    });
  },
};

function keyOf({ flags: { key, customer } }: Arguments<typeof FLAGS>, { pipeline }: LoadedPipeline): { field: string; value: string } {
  const fields = keyFieldsOf(pipeline);
  const value = customer ?? key;
  if (value === undefined || (customer !== undefined && key !== undefined))
    throw usageError('key to forget', value === undefined ? 'none' : 'two', 'one of --customer ID, --key VALUE');
  const [field = ''] = fields;
  if (customer !== undefined && !fields.includes(CUSTOMER_FIELD))
    throw usageError('--customer', customer, `--key VALUE: the key of this pipeline is ${fields.join(', ')}`);
  if (customer !== undefined) return { field: CUSTOMER_FIELD, value };
  if (fields.length > 1) throw usageError('--key', value, `a pipeline with one key field; this one has ${fields.join(', ')}`);
  return { field, value };
}

function showPlan({ pseudonym, partitions, stateItems, unread }: ForgetPlan, isJson: boolean): number {
  for (const file of unread) writeErr(`Warning: ${file} cannot be read\n`);
  const rows = partitions.map(({ table, dt, hour, rows: count }) => [table, `${dt} ${hour}`, count]);
  const text = `${columnsText([['table', 'hour', 'rows'], ...rows])}\n${thingsText(stateItems, 'state item')}. The pseudonym is ${pseudonym}. Nothing was changed.\n`;
  writeOut(isJson ? `${JSON.stringify({ pseudonym, partitions, state_items: stateItems, unread })}\n` : text);
  return partitions.length + stateItems > 0 ? 0 : 1;
}

function showOutcome(outcome: ForgetOutcome, isJson: boolean): number {
  if (outcome.kind === 'nobody') {
    writeOut(isJson ? `${JSON.stringify({ outcome: 'nobody' })}\n` : 'Nobody has this key: nothing was changed.\n');
    return 1;
  }
  const { kind, receipt } = outcome;
  if (kind === 'unfinished')
    writeErr(
      `Not done yet: run the same command again, at ${new Date(outcome.againMs).toISOString()} or later. Receipt ${receipt.id} says begun until then.\n`,
    );
  const head = kind === 'already' ? 'It was erased before, and nothing has come since.\n\n' : '';
  writeOut(isJson ? `${JSON.stringify({ outcome: kind, receipt: asJson(receipt) })}\n` : head + asText(receipt));
  return kind === 'unfinished' ? 1 : 0;
}

function showReceipts(receipts: readonly ErasureReceipt[], isJson: boolean): number {
  const rows = receipts.map(({ id, status, begunAt, by, pseudonym, partitions }) => [
    id,
    status,
    begunAt,
    by,
    pseudonym,
    rowsOf(partitions),
  ]);
  const text =
    receipts.length === 0
      ? 'Nothing was ever erased here.\n'
      : columnsText([['id', 'status', 'begun', 'by', 'pseudonym', 'rows'], ...rows]);
  writeOut(isJson ? `${JSON.stringify({ receipts: receipts.map(asJson) })}\n` : text);
  return 0;
}

function rowsOf(partitions: ErasureReceipt['partitions']): number {
  return partitions.reduce((sum, { rowsMasked }) => sum + rowsMasked, 0);
}

function asJson({ begunAt, doneAt, partitions, filesRemoved, stateItems, ...rest }: ErasureReceipt): object {
  return {
    ...rest,
    begun_at: begunAt,
    done_at: doneAt,
    rows_masked: rowsOf(partitions),
    partitions: partitions.map(({ table, dt, hour, rowsMasked, rowsKept, keptBefore, keptAfter }) => ({
      ...{ table, dt, hour, rows_masked: rowsMasked, rows_kept: rowsKept, kept_before: keptBefore, kept_after: keptAfter },
    })),
    files_removed: filesRemoved,
    state_items: stateItems,
  };
}

function asText({ id, pseudonym, by, doneAt, partitions, filesRemoved, stateItems, remains }: ErasureReceipt): string {
  const tables = [...new Set(partitions.map(({ table }) => table))];
  const rows = tables.map((table) => {
    const own = partitions.filter((one) => one.table === table);
    return [table, own.length, rowsOf(own)];
  });
  return [
    columnsText([['table', 'hours', 'rows masked'], ...rows]),
    `${thingsText(stateItems, 'state item')} changed, ${thingsText(filesRemoved, 'file')} removed; the checksums of all other rows are as before.`,
    `Receipt ${id}, by ${by}, ${doneAt}. The key is now ${pseudonym}.`,
    ...remains.map((one) => `Remains: ${one}.`),
    '',
  ].join('\n');
}
