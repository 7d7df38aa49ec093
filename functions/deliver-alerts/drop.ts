import type { BudgetState } from '../../core/alerts/budget.ts';
import { type CaseState, withoutAlerts } from '../../core/alerts/case.ts';
import { RetriableError } from '../../core/errors.ts';
import type { ItemKey, StateStore } from '../../core/ports.ts';
import { entityName } from './arrival.ts';
import {
  alertKey,
  alertName,
  BUDGET_KEY,
  caseKey,
  DUE_MINUTES_PK,
  duePk,
  isSummaryName,
  parkedMinutesPk,
  parkedPk,
  QUEUE_PK,
  SUBSCRIBERS,
  summaryKey,
} from './keys.ts';
import { alertRowOf } from './outbox.ts';

/** Changes of one item that may meet others before the call gives up. */
const SWAPS_MAX = 8;

/**
 * Removes alerts by their ids: the alerts, what was parked of them, and their places in lists that are to be told. Again does no harm.
 * Throws RetriableError when others keep changing the same items.
 */
export async function dropAlerts(store: StateStore, ids: readonly string[]): Promise<void> {
  const names = new Set(ids.map(alertName));
  if (names.size === 0) return;
  const keys = [...names].map(alertKey);
  const rows = (await store.get(keys)).map((item) => alertRowOf(item?.body ?? ''));
  const entities = new Set(rows.flatMap((row) => (typeof row?.['entity'] === 'string' ? [row['entity']] : [])));
  const gone = new Set(ids);
  for (const entity of entities)
    await change(store, caseKey(entity), (body) => JSON.stringify(withoutAlerts(JSON.parse(body) as CaseState, gone)));
  await dropParked(store, names, gone);
  await store.remove([...keys, ...[...names].map((sk) => ({ pk: QUEUE_PK, sk }))]);
}

/** Removes what delivery remembers of an entity. Again does no harm. */
export async function dropEntity(
  store: StateStore,
  { field, value, pseudonym }: { readonly field: string; readonly value: string; readonly pseudonym: string },
): Promise<void> {
  const entity = entityName({ field, value });
  const minutes = (await store.query(DUE_MINUTES_PK)).map(({ sk }) => sk);
  await store.remove([caseKey(entity), ...minutes.map((minute) => ({ pk: duePk(minute), sk: alertName(entity) }))]);
  const [old, name] = [alertName(entity), alertName(entityName({ field, value: pseudonym }))];
  // Its place in the budget of the day stays taken.
  await change(store, BUDGET_KEY, (body) => {
    const { opened, asked, ...rest } = JSON.parse(body) as BudgetState;
    const renamed = Object.entries(asked).map(([one, candidate]) => [one === old ? name : one, candidate] as const);
    return JSON.stringify({ ...rest, opened: opened.map((one) => (one === old ? name : one)), asked: Object.fromEntries(renamed) });
  });
}

async function dropParked(store: StateStore, names: ReadonlySet<string>, gone: ReadonlySet<string>): Promise<void> {
  for (const subscriber of SUBSCRIBERS) {
    for (const { sk: minute } of await store.query(parkedMinutesPk(subscriber))) {
      const parked = await store.query(parkedPk(subscriber, minute));
      const own = parked.filter(({ sk }) => names.has(sk));
      if (own.length > 0) await store.remove(own.map(({ pk, sk }) => ({ pk, sk })));
      for (const { sk } of parked)
        if (isSummaryName(sk)) await change(store, summaryKey(subscriber, sk), (body) => withoutListed(body, gone));
    }
  }
}

/** The row of a summary without some alerts of its list, whose count stays that of what was held back. */
function withoutListed(body: string, gone: ReadonlySet<string>): string {
  const row = alertRowOf(body);
  if (row === undefined) return body;
  const listed = JSON.parse(String(row['alerts'] ?? '[]')) as { readonly alert_id: string }[];
  const kept = listed.filter((one) => !gone.has(one.alert_id));
  if (kept.length === listed.length && !gone.has(String(row['follows']))) return body;
  return JSON.stringify({ ...row, follows: null, alerts: JSON.stringify(kept), reason: 'parts of this summary were erased' });
}

async function change(store: StateStore, key: ItemKey, next: (body: string) => string): Promise<void> {
  for (let swaps = 0; swaps < SWAPS_MAX; swaps += 1) {
    const [item] = await store.get([key]);
    if (item === undefined) return;
    const body = next(item.body);
    if (body === item.body) return;
    if ((await store.put([{ ...key, expectedVersion: item.version, body }]))[0] === true) return;
  }
  throw new RetriableError(`${key.pk} is changed again and again by others; run the same command again`);
}
