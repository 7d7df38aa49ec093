import type { Alert, Row } from '../../core/ports.ts';
import { backOff, type RetryOptions, withRetry } from './retry.ts';
import { errorOfCode, outcomeOf, type ServiceCall, serviceError } from './service-error.ts';

/** An alert as text, with the members that subscribers filter by. */
export interface AlertEntry {
  readonly id: string;
  readonly text: string;
  readonly ruleId: string;
  readonly outcome: string;
  /** `alert`, or `summary` for a list of alerts. */
  readonly kind: string;
  /** Event time, epoch ms. */
  readonly timeMs: number;
  /** Size as the services count it, at most. */
  readonly bytes: number;
}

/** Both services take ten entries in one call. */
const CALL_ENTRIES_MAX = 10;
/** Both take 256 KiB in one call, all entries together. */
const CALL_BYTES_MAX = 262_144;
/** Names and values beside the text: detail type, source, attributes, time. */
const ENTRY_FIXED_BYTES = 1_024;

/** Alerts as entries, cut into calls. An alert that no call can hold goes without its reason, values and list: the table `alerts` has them. */
export function alertCalls(alerts: readonly Alert[]): AlertEntry[][] {
  const calls: AlertEntry[][] = [];
  let call: AlertEntry[] = [];
  let bytes = 0;
  for (const entry of alerts.map(entryOf)) {
    if (call.length === CALL_ENTRIES_MAX || (call.length > 0 && bytes + entry.bytes > CALL_BYTES_MAX)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(entry);
    bytes += entry.bytes;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

/** What a service says of one entry: undefined if it took it. */
export type EntryFault = { readonly code: string; readonly message: string } | undefined;

/** Sends the entries of one call, and again those that the service did not take for now. Throws ServiceError for any it will not take. */
export async function sendEntries(
  entries: readonly AlertEntry[],
  options: {
    readonly retry: RetryOptions;
    readonly call: ServiceCall;
    readonly send: (entries: readonly AlertEntry[]) => Promise<readonly EntryFault[]>;
  },
): Promise<void> {
  const { retry, call, send } = options;
  let left = entries;
  for (let failures = 0; left.length > 0; ) {
    const faults = await withRetry(retry, call, () => send(left));
    const errors = faults.flatMap((fault) => (fault === undefined ? [] : [errorOfCode(fault.code, fault.message)]));
    const [first] = errors;
    if (first === undefined) return;
    const lasting = errors.find((error) => outcomeOf(error) === 'refused');
    if (lasting !== undefined) throw serviceError(call, lasting);
    const refused = left.filter((_, i) => faults[i] !== undefined);
    failures = refused.length < left.length ? 1 : failures + 1;
    left = refused;
    await backOff(retry, failures, () => serviceError(call, first));
  }
}

function entryOf({ id, row }: Alert): AlertEntry {
  const whole = JSON.stringify(row);
  const text = Buffer.byteLength(whole) + ENTRY_FIXED_BYTES <= CALL_BYTES_MAX ? whole : JSON.stringify(shortOf(row));
  return {
    id,
    text,
    ruleId: String(row['rule_id'] ?? ''),
    outcome: String(row['outcome'] ?? ''),
    kind: String(row['kind'] ?? 'alert'),
    timeMs: Number(row['event_time'] ?? 0),
    bytes: Buffer.byteLength(text) + ENTRY_FIXED_BYTES,
  };
}

function shortOf(row: Row): Row {
  const short: Record<string, Row[string]> = { ...row, is_cut: true };
  delete short['reason'];
  delete short['rule_values'];
  delete short['alerts'];
  return short;
}
