import type { ObjectStore } from '../../core/ports.ts';
import type { RuleChange, RuleLog } from '../../core/rules/schedule.ts';
import { changeList, readList } from '../list-object.ts';

/** Folder of everything about rules, beside the tables of the lake. */
export const RULES_FOLDER = '_rules/';
const LOG_KEY = `${RULES_FOLDER}log.json`;

/**
 * Longest that a processor judges by what it last read of the log: a batch that is begun later reads it anew, and fails if it cannot.
 * Between two looks it costs nothing.
 */
export const LOG_FRESH_MS = 30_000;
/** What a change waits beyond that: clocks of machines differ, and a batch that was begun may take its time. */
const MARGIN_MS = 5 * 60_000;

/** First event time that a change made now may be for: no processor can have judged an event of it without knowing. */
export function earliestMs(nowMs: number, futureMs: number): number {
  return nowMs + LOG_FRESH_MS + MARGIN_MS + futureMs;
}

/** Every change so far, the oldest first. */
export async function readLog(objects: ObjectStore): Promise<RuleLog> {
  return readList<RuleChange>(objects, LOG_KEY);
}

/** Adds a change behind all others. `next` makes it from the log as it is at that moment; undefined adds nothing. */
export async function appendChange(objects: ObjectStore, next: (log: RuleLog) => RuleChange | undefined): Promise<RuleLog> {
  let written: RuleLog = [];
  await changeList<RuleChange>(objects, LOG_KEY, (log) => {
    const change = next(log);
    written = change === undefined ? log : [...log, change];
    return written;
  });
  return written;
}

const DEFINITION_KEY = `${RULES_FOLDER}definition.json`;

/** Version of the newest definition that has judged, by which new rules have to be checked; undefined before the first batch. */
export async function definitionOf(objects: ObjectStore): Promise<number | undefined> {
  const stored = await objects.get(DEFINITION_KEY);
  return stored === undefined ? undefined : (JSON.parse(new TextDecoder().decode(stored.body)) as { readonly version: number }).version;
}

/** Writes down that a build with this definition judges from now on. */
export async function markDefinition(objects: ObjectStore, version: number): Promise<void> {
  const known = await definitionOf(objects);
  if (known === undefined || known < version)
    await objects.put(DEFINITION_KEY, new TextEncoder().encode(`${JSON.stringify({ version })}\n`));
}
