import type { Pipeline } from '../../core/definition/pipeline.ts';
import { quoteName } from '../sql-text.ts';
import { Draft, type QueryRange, sameEvent } from './draft.ts';
import { NoSqlError } from './errors.ts';
import { reachOf } from './reach.ts';
import { featureOf, valueStep } from './values.ts';
import { assumptions, meaningLines } from './words.ts';

const COMMENT_WIDTH = 118;

/**
 * SQL of one feature over the views of the lake: a row for each accepted event of the judged type, with its key, id, time and the value
 * that the feature had for it. One text for Trino and for DuckDB with the macros of `headrace query`. Throws UsageError for an unknown
 * name, NoSqlError for a feature that SQL cannot say.
 */
export function featureQuery(pipeline: Pipeline, name: string, range?: QueryRange): string {
  const spec = featureOf(pipeline, name);
  const type = pipeline.decision?.over ?? '';
  const draft = new Draft(pipeline, reachOf(pipeline, spec), range);
  const relation = (fields: readonly string[]): string => draft.judged(fields);
  const values = valueStep(draft, name, { type, prefix: '', relation });
  const judged = draft.judged([]);
  const key = quoteName(draft.typeOf(type).key);
  return [
    ...[spec.description, ...meaningLines(pipeline, spec)].map((line) => `-- ${line}`),
    ...assumptions(pipeline, name).flatMap(commentLines),
    '-- Ask about fewer events: narrow the step `judged` only, since the others are their history.',
    draft.text(),
    `SELECT e.event_id, e.event_time, e.event_key AS ${key}, v.value AS ${quoteName(name)}`,
    `FROM ${judged} e`,
    `JOIN ${values} v ON ${sameEvent('v', 'e')}`,
    'ORDER BY e.event_time, e.event_id, e.event_key\n',
  ].join('\n');
}

/** Why a feature has no SQL; undefined if it has. */
export function noSqlReason(pipeline: Pipeline, name: string): string | undefined {
  try {
    featureQuery(pipeline, name);
    return undefined;
  } catch (error) {
    if (error instanceof NoSqlError) return error.message;
    throw error;
  }
}

function commentLines(sentence: string): string[] {
  const lines = ['--'];
  for (const word of sentence.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + 1 + word.length <= COMMENT_WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`-- ${word}`);
  }
  return lines;
}
