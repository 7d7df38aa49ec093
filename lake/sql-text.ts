/** A name as SQL shows it (Trino and DuckDB), safe whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal of SQL (Trino and DuckDB). */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
