import type { TableSchema } from './schema.ts';

/**
 * ORDER BY terms that put first, of several rows with one id, the one that counts: the highest revision; accepted before late; the
 * first in the stream. Empty for a table whose repeats are all the same.
 */
export function preferenceOf({ columns }: TableSchema): string[] {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  return [
    ...(has('revision') ? ['"revision" DESC'] : []),
    ...(has('lane') ? [`CASE WHEN "lane" = 'accepted' THEN 0 ELSE 1 END`] : []),
    // Sequence numbers are decimal text: the longer one is greater.
    ...(has('sequence') ? ['length("sequence")', '"sequence"', '"sub_sequence"'] : []),
  ];
}
