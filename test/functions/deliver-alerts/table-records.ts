import type { Alert } from '../../../core/ports.ts';
import type { TableRecord, TableStreamEvent } from '../../../functions/deliver-alerts/event.ts';
import { alertKey, alertName } from '../../../functions/deliver-alerts/keys.ts';
import { insertRecord } from '../../../local/alerts/table-stream.ts';

/** The change that a table's stream tells of when an item is put, as Lambda hands it over. */
export function insertOf(pk: string, sk: string, body: string, n: number): TableRecord {
  return insertRecord({ pk, sk, body }, n);
}

/** The call that the mapping makes for these alerts; the n-th has sequence number 1000 + n. */
export function eventOf(alerts: readonly Alert[]): TableStreamEvent {
  return {
    Records: alerts.map(({ id, row }, i) => {
      const { pk, sk } = alertKey(alertName(id));
      return insertOf(pk, sk, JSON.stringify(row), i);
    }),
  };
}
