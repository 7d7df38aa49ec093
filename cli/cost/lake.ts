import {
  ALERT_SHARE,
  DELIVERY_BUFFER_BYTES,
  DELIVERY_STEP_BYTES,
  JOINED_ROWS_MAX,
  ODD_SHARE,
  OPEN_HOURS,
  PARQUET_PAYLOAD_SHARE,
  PARQUET_ROW_BYTES,
  SESSION_SHARE,
} from './constants.ts';
import type { PipelineShape } from './shape.ts';
import type { Flow } from './state.ts';

/** What one delivery stream carries, a second. */
export interface TableUse {
  readonly table: string;
  readonly rowsPerS: number;
  readonly recordsPerS: number;
  readonly bytesPerS: number;
  /** Bytes as billed: each record rounded up to 5 KB. */
  readonly billedBytesPerS: number;
  readonly objectsPerS: number;
  readonly storedBytesPerS: number;
}

/** Bytes that a payload adds to a row that keeps it as base64. */
const BASE64 = 4 / 3;
/** Bytes of rows without payload, as JSON; measured on the shipped pipeline. */
const ROW_BYTES = { archive: 245, event: 216, decision: 548, alert: 590, delivery: 330, odd: 305, window: 300, ledger: 250 };
/** Delivery records hold this many bytes at most (Firehose: 1,000 KiB). */
const RECORD_BYTES_MAX = 1_000 * 1024;

interface Table {
  readonly table: string;
  readonly rowsPerS: number;
  readonly rowBytes: number;
  /** Payload bytes kept in a row, 0 for most tables. */
  readonly payload: number;
  /** Calls a second that hand rows of this table over. */
  readonly callsPerS: number;
}

/** What the lake's delivery streams carry for events of `bytes` bytes. */
export function lakeUse(shape: PipelineShape, flow: Flow, given: { readonly bytes: number; readonly bufferS: number }): TableUse[] {
  return tablesOf(shape, flow, given.bytes).map((table) => useOf(table, given.bufferS));
}

function tablesOf(shape: PipelineShape, { ratePerS, shards, unitsPerS, closesPerS }: Flow, bytes: number): Table[] {
  const batch = (table: string, share: number, rowBytes: number, payload = 0): Table => ({
    table,
    rowsPerS: ratePerS * share,
    rowBytes,
    payload,
    callsPerS: unitsPerS,
  });
  return [
    batch('archive', 1, ROW_BYTES.archive + BASE64 * bytes, bytes),
    ...shape.eventTables.map(({ table, share }) => batch(table, share, ROW_BYTES.event + bytes)),
    ...(shape.isJudged
      ? [
          batch('decisions', 1, ROW_BYTES.decision),
          batch('alerts', ALERT_SHARE, ROW_BYTES.alert),
          batch('alert_deliveries', ALERT_SHARE, ROW_BYTES.delivery),
        ]
      : []),
    batch('late_events', ODD_SHARE, ROW_BYTES.odd + BASE64 * bytes, bytes),
    batch('quarantine', ODD_SHARE, ROW_BYTES.odd + BASE64 * bytes, bytes),
    { table: 'ledger', rowsPerS: shards * closesPerS, rowBytes: ROW_BYTES.ledger, payload: 0, callsPerS: closesPerS },
    ...shape.slices.map(({ name, sliceS, groups }) => ({
      table: name,
      rowsPerS: (groups * (1 - Math.exp((-ratePerS * sliceS) / groups))) / sliceS,
      rowBytes: ROW_BYTES.window,
      payload: 0,
      callsPerS: 1 / sliceS,
    })),
    ...shape.sessions.map((table) => ({
      table,
      rowsPerS: ratePerS * SESSION_SHARE,
      rowBytes: ROW_BYTES.window,
      payload: 0,
      callsPerS: closesPerS,
    })),
  ];
}

function useOf({ table, rowsPerS, rowBytes, payload, callsPerS }: Table, bufferS: number): TableUse {
  const bytesPerS = rowsPerS * rowBytes;
  const calls = callsPerS === 0 ? 0 : callsPerS * (1 - Math.exp(-rowsPerS / callsPerS));
  const recordsPerS = Math.max(calls, rowsPerS / JOINED_ROWS_MAX, bytesPerS / RECORD_BYTES_MAX);
  return {
    table,
    rowsPerS,
    recordsPerS,
    bytesPerS,
    billedBytesPerS: Math.max(DELIVERY_STEP_BYTES * recordsPerS, bytesPerS + (DELIVERY_STEP_BYTES / 2) * recordsPerS),
    objectsPerS: Math.min(recordsPerS, OPEN_HOURS * Math.max(1 / bufferS, bytesPerS / DELIVERY_BUFFER_BYTES)),
    storedBytesPerS: rowsPerS * (PARQUET_ROW_BYTES + PARQUET_PAYLOAD_SHARE * payload),
  };
}
