import { usageError } from '../../core/errors.ts';
import { describeFeature, type FeatureDescription } from '../../lake/feature-sql/describe.ts';
import type { QueryRange } from '../../lake/feature-sql/draft.ts';
import { featureQuery } from '../../lake/feature-sql/query.ts';
import { spanText } from '../../lake/feature-sql/words.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { type Flags, readFlags } from '../flags.ts';
import { columnsText, writeOut } from '../output.ts';
import { timeOf } from '../times.ts';

const FLAGS = {
  sql: { kind: 'switch', help: 'the query that gives the feature, for headrace query, Athena or a notebook' },
  from: { kind: 'text', value: 'TIME', help: 'with --sql: only of events from this time on, such as 2026-01-05' },
  to: { kind: 'text', value: 'TIME', help: 'with --sql: and only of events before this time' },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Says what the features of rules mean, in words and as SQL.';

/** `headrace features`: the numbers that rules read, and the queries that give them. */
export const command: Command = {
  name: 'features',
  summary: SUMMARY,
  help: helpText({
    usage: 'features [NAME] [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'A query has a row for each accepted event of the judged type: id, time, key, value. With --from and --to it opens only the days that',
      'the values of those events come from. One text for Athena and for headrace query; comments in it say what it takes for granted.',
    ],
    examples: [
      ['features', 'all of them'],
      ['features terminal_frauds_28d', 'what one counts, to the millisecond'],
      [
        'features terminal_frauds_28d --sql --from 2026-01-05 --to 2026-01-06 | npx headrace query -',
        'its value for the payments of a day',
      ],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    const [name, extra] = positionals;
    if (extra !== undefined) throw usageError('unexpected argument', extra, 'the name of one feature');
    const range = rangeOf(flags);
    const { pipeline } = await loadPipeline(flags.pipeline);
    if (name === undefined) {
      if (flags.sql) throw usageError('--sql', 'no feature', `the name of one: ${Object.keys(pipeline.features).join(', ')}`);
      const all = Object.keys(pipeline.features).map((one) => describeFeature(pipeline, one));
      writeOut(flags.json ? `${JSON.stringify(all)}\n` : listText(all));
      return 0;
    }
    const one = describeFeature(pipeline, name);
    if (!flags.sql) writeOut(flags.json ? `${JSON.stringify(one)}\n` : featureText(one));
    else if (one.no_sql !== null)
      throw usageError('--sql', `${name}: ${one.no_sql}`, 'a feature that SQL can say; --json has no_sql for each');
    else
      writeOut(
        flags.json ? `${JSON.stringify({ ...one, sql: featureQuery(pipeline, name, range) })}\n` : featureQuery(pipeline, name, range),
      );
    return 0;
  },
};

interface RangeFlags {
  readonly sql: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

function rangeOf({ sql, from, to }: RangeFlags): QueryRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (!sql) throw usageError(from === undefined ? '--to' : '--from', 'no --sql', '--sql beside it');
  const [fromMs, toMs] = [timeOf('--from', from ?? 'nothing'), timeOf('--to', to ?? 'nothing')];
  if (fromMs >= toMs) throw usageError('range', `${from} to ${to}`, 'a --from before --to');
  return { fromMs, toMs };
}

function listText(all: readonly FeatureDescription[]): string {
  const rows = all.map(({ name, window_ms, tile_ms, delay_ms, description }) => {
    return [name, spanText(window_ms), spanText(tile_ms), delay_ms === null ? '' : spanText(delay_ms), description];
  });
  const without = all.flatMap(({ name, no_sql }) => (no_sql === null ? [] : [`${name} has no SQL: ${no_sql}.`]));
  const end = without.length === 0 ? 'All of them have SQL.' : without.join('\n');
  return `${columnsText([['name', 'window', 'tile', 'delay', 'what it is'], ...rows])}${end}\n`;
}

function featureText(one: FeatureDescription): string {
  const { description, meaning, measure, field, where, made_of, no_sql, sql_assumes } = one;
  const rows = [
    ['measure', field === null ? measure : `${measure} of ${field}`],
    ...(Object.keys(where).length === 0 ? [] : [['where', JSON.stringify(where)]]),
    ...(made_of.length === 0 ? [] : [['made of', made_of.join(', ')]]),
    ...(no_sql === null ? sql_assumes.map((text, i) => [i === 0 ? 'its SQL' : '', text]) : [['no SQL', no_sql]]),
  ];
  return `${description}\n${meaning}\n\n${columnsText(rows)}`;
}
