import { usageError } from '../../core/errors.ts';
import { type NamedQuery, namedQueries } from '../../glue/queries.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** The shipped queries that these tables can answer, in order of name. */
export function queriesFor(tables: readonly TableSchema[]): NamedQuery[] {
  return namedQueries(new Set(tables.map(({ name }) => name)));
}

/** Text of the shipped query of a name. Throws UsageError that lists the names. */
export function namedQuery(tables: readonly TableSchema[], name: string): string {
  const queries = queriesFor(tables);
  const query = queries.find((one) => one.name === name);
  if (query === undefined) throw usageError('--named', name, queries.map((one) => one.name).join(', '));
  return query.sql;
}
