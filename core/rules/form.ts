import type { z } from 'zod';
import { usageError } from '../errors.ts';

/** What each path of a file takes, in the words of an error line; '' is the file itself. */
export type Allowed = Readonly<Record<string, string>>;

/** Checks a file, given as the object its YAML holds. Throws UsageError of one line naming `where` (the file), the path, the value received and what is allowed. */
export function checkForm<T>(
  schema: z.ZodType<T>,
  source: unknown,
  { where, allowed }: { readonly where: string; readonly allowed: Allowed },
): T {
  const parsed = schema.safeParse(source);
  if (parsed.success) return parsed.data;
  throw lineOf(parsed.error.issues[0], source, { where, allowed });
}

function lineOf(
  issue: z.core.$ZodIssue | undefined,
  source: unknown,
  { where, allowed: words }: { readonly where: string; readonly allowed: Allowed },
): Error {
  const path = issue?.path.map(String) ?? [];
  const name = path.join('.');
  // Entries of a list share one line: entries.3.until is told as entries.until.
  const allowed = words[name] ?? words[name.replace(/\.\d+/g, '')] ?? words[''] ?? '';
  if (issue?.code === 'unrecognized_keys') {
    return usageError(`${where}: ${name === '' ? 'unknown key' : `unknown key in ${name}`}`, issue.keys[0], allowed);
  }
  return usageError(name === '' ? `${where}: the file` : `${where}: ${name}`, shown(valueAt(source, path)), allowed);
}

function valueAt(source: unknown, path: readonly string[]): unknown {
  let value = source;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}

function shown(value: unknown): unknown {
  if (value === undefined) return 'nothing';
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
