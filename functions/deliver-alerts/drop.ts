import type { StateStore } from '../../core/ports.ts';
import { alertKey, alertName, parkedMinutesPk, parkedPk, SUBSCRIBERS } from './keys.ts';

/** Removes alerts that wait for their subscribers, by their ids: the alerts, and what was parked of them. Again does no harm. */
export async function dropAlerts(store: StateStore, ids: readonly string[]): Promise<void> {
  const names = new Set(ids.map(alertName));
  if (names.size === 0) return;
  for (const subscriber of SUBSCRIBERS) {
    for (const { sk: minute } of await store.query(parkedMinutesPk(subscriber))) {
      const parked = (await store.query(parkedPk(subscriber, minute))).filter(({ sk }) => names.has(sk));
      if (parked.length > 0) await store.remove(parked.map(({ pk, sk }) => ({ pk, sk })));
    }
  }
  await store.remove([...names].map(alertKey));
}
