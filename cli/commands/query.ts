import { readFileSync } from 'node:fs';
import { usageError } from '../../core/errors.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { FORMATS, formatQuery, parseFormat } from '../../local/sql/format.ts';
import { namedQuery, queriesFor } from '../../local/sql/named.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, readFlags } from '../flags.ts';
import { columnsText, writeFileWhole, writeOut, writeParts } from '../output.ts';
import { pastOf } from '../source/as-of.ts';
import { withSource } from '../source/source.ts';

const FLAGS = {
  format: { kind: 'text', value: 'F', help: `form of the result: ${FORMATS.join(', ')}; default table on a terminal, csv otherwise` },
  named: { kind: 'text', value: 'NAME', help: 'a query that comes with Headrace, by its name; list shows them' },
  'as-of': { kind: 'text', value: 'TIME', help: 'what was published at that moment, such as 2026-11-24T09:30:00Z' },
  from: { kind: 'text', value: 'TIME', help: 'with --as-of and --stack: only rows of the hours from this one on' },
  to: { kind: 'text', value: 'TIME', help: 'and only of the hours before this time' },
  'max-mb': {
    kind: 'whole',
    value: 'N',
    min: 1,
    max: 1_000_000,
    fallback: 1_024,
    help: 'with --as-of and --stack: files that are fetched to this machine at most, MiB',
  },
  output: { kind: 'text', value: 'FILE', help: 'write the result there' },
  data: DATA_FLAG,
  stack: STACK_FLAG,
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Answers SQL on the lake.';

/** `headrace query`: one SELECT over the tables of the lake. */
export const command: Command = {
  name: 'query',
  summary: SUMMARY,
  help: helpText({
    usage: 'query "SQL" [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'SQL of - is read from standard input. Each table is a view without repeats, with real timestamps and money as DECIMAL;',
      'landing.TABLE shows the files of a data folder as they are. --json is --format json. A stack answers through Athena.',
      '--as-of goes back as far as the pipeline keeps replaced generations (lake.generationsDays). Of a stack it fetches the files of the',
      'tables that the query names, all hours unless --from and --to say which, and this machine answers.',
    ],
    examples: [
      ['query "SHOW TABLES"', 'what there is'],
      ['query "SELECT outcome, count(*) FROM decisions GROUP BY outcome"', 'how payments were judged'],
      ['query --named fraud-by-terminal-and-week', 'a query that comes with Headrace; --named list shows all'],
      ['query "SELECT * FROM alerts" --format parquet --output alerts.parquet', 'for a notebook'],
      ['query "SELECT count(*) FROM transactions" --as-of 2026-11-24T09:30:00Z', 'what was known then'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    const [given, extra] = positionals;
    if (extra !== undefined) throw usageError('unexpected argument', extra, 'one SQL query in quotes');
    const format = parseFormat(flags.format ?? (flags.json ? 'json' : process.stdout.isTTY ? 'table' : 'csv'));
    const isBinary = format === 'arrow' || format === 'parquet';
    if (isBinary && flags.output === undefined && process.stdout.isTTY) {
      throw usageError('--format', `${format} to a terminal`, '--output FILE, or a pipe');
    }
    const loaded = await loadPipeline(flags.pipeline);
    const { output, named } = flags;
    const tables = tablesOf(loaded.pipeline);
    if (named === 'list' && given === undefined) {
      writeOut(columnsText([['name', 'shows'], ...queriesFor(tables).map(({ name, description }) => [name, description])]));
      return 0;
    }
    const text = textOf(given, named, tables);
    const past = pastOf(flags, loaded.pipeline.lake, Date.now());
    await withSource({ data: flags.data, stack: flags.stack, past }, loaded, async (source) => {
      const parts = formatQuery(await source.lake(), text, format);
      await (output === undefined ? writeParts(parts) : writeFileWhole(output, parts, { flag: '--output' }));
    });
    return 0;
  },
};

/** SQL that was given, read from standard input, or named. */
function textOf(given: string | undefined, named: string | undefined, tables: readonly TableSchema[]): string {
  if (named !== undefined && given !== undefined) throw usageError('unexpected argument', given, 'no SQL beside --named');
  if (named !== undefined) return namedQuery(tables, named);
  if (given === undefined) throw usageError('query', 'nothing', 'one SQL query in quotes, - to read it from standard input, or --named');
  return given === '-' ? readFileSync(0, 'utf8') : given;
}
