import type { WireEvent } from './stream.ts';
import type { ContextChange, OracleRow, Tables, Truth, TruthRecord } from './truth.ts';

const [BOUND, LATENESS, MEMORY, AHEAD, MINUTE, HOUR] = [20_000, 40_000, 900_000, 300_000, 60_000, 3_600_000];

/** What the lake must hold, computed from the truth alone: by lists, loops and BigInt, with nothing of the code under test. */
export function expectedTables({ shards, contexts, keys, rulesFromMs }: Truth): Tables {
  const tables: Tables = {};
  // Of rows with one id the accepted one is shown, then the first in the stream.
  const rank = ({ lane, place = '' }: OracleRow): string => `${lane === 'late' ? 1 : 0} ${place}`;
  const add = (table: string, id: readonly (string | number)[], row: OracleRow): void => {
    tables[table] ??= new Map<string, OracleRow>();
    const known = tables[table].get(id.join('|'));
    if (known === undefined || rank(row) < rank(known)) tables[table].set(id.join('|'), row);
  };
  const judged = new Map<TruthRecord, { readonly mark: number | null; readonly context: ContextChange | undefined; lane: string }>();
  for (const [shard, records] of shards) {
    let newest: number | null = null;
    for (const record of records) {
      const { event, place, code } = record;
      const context = contexts.get(shard)?.findLast((one) => one.place <= place);
      if (event !== undefined && event.time - record.arrivalMs <= AHEAD) newest = Math.max(newest ?? event.time, event.time);
      const marks = [newest === null ? null : newest - BOUND, context?.floorMs ?? null].filter((mark) => mark !== null);
      judged.set(record, { mark: marks.length === 0 ? null : Math.max(...marks), context, lane: 'quarantined' });
      if (code !== undefined) add('quarantine', [shard, place], { code });
    }
  }
  const looks: [record: TruthRecord, event: WireEvent, earlier: WireEvent[], asOf: number][] = [];
  const accepted = [...keys.values()].flatMap((records) => {
    const own: WireEvent[] = [];
    for (const record of records) {
      const [event, verdict] = [record.event, judged.get(record)];
      if (event === undefined || verdict === undefined) continue;
      const mark = verdict.mark ?? Number.NEGATIVE_INFINITY;
      const isKnown = own.some(({ type, event_id, time }) => type === event.type && event_id === event.event_id && time >= mark - MEMORY);
      verdict.lane = isKnown ? 'duplicate' : event.time < mark - LATENESS ? 'late' : 'accepted';
      if (isKnown) continue;
      const [{ lane }, { place, shard }] = [verdict, record];
      const id = [event.time, event.card, event.event_id];
      if (event.type === 'payment') looks.push([record, event, [...own], Math.max(event.time, mark - LATENESS)]);
      if (lane === 'late') add('late_events', [shard, place], { event_id: event.event_id, watermark: verdict.mark });
      else own.push(event);
      const { amount_minor, currency, terminal } = event;
      if (event.type === 'label') add('labels', id, { lane, place, fraud: String(event.fraud), terminal });
      else add('payments', id, { lane, place, amount_minor, currency, terminal });
    }
    return own;
  });
  for (const [record, { mark, lane }] of judged) add('archive', [record.shard, record.place], { lane, watermark: mark });
  for (const [record, event, earlier, asOf] of looks) {
    const [{ context, lane = '' }, { place }] = [judged.get(record) ?? {}, record];
    const tile = floor(asOf, MINUTE);
    const within = (ms: number): WireEvent[] =>
      earlier.filter(({ type, time }) => type === 'payment' && time >= tile - ms && time < tile + MINUTE);
    const end = floor(Math.min(asOf - 2 * HOUR, context?.frontierMs ?? Number.NEGATIVE_INFINITY), HOUR);
    const labels = accepted.filter(({ type, terminal, time }) => type === 'label' && terminal === event.terminal && time < end);
    const spent = within(HOUR).filter(({ currency }) => currency === event.currency);
    const count_5m = within(5 * MINUTE).length;
    const frauds_4h = labels.filter(({ fraud, time }) => fraud && time >= end - 4 * HOUR).length;
    const features = JSON.stringify({ count_5m, sum_1h: Number(sumOf(spent)), frauds_4h });
    const [version = 0, frontier = null] = [context?.version, context?.frontierMs];
    const isDear = event.amount_minor > (event.time >= rulesFromMs ? 4_000 : 5_000);
    const fired = [...(count_5m >= 2 ? ['busy'] : []), ...(isDear ? ['dear'] : []), ...(frauds_4h > 0 ? ['known-fraud'] : [])];
    const score = fired.reduce((sum, rule) => sum + (rule === 'dear' ? 10 : 4), 0);
    const outcome = score >= 10 ? 'decline' : score >= 4 ? 'review' : 'approve';
    const decided = { lane, place, outcome, score, rules_fired: fired.join(), features, version, frontier };
    add('decisions', [event.time, event.card, event.event_id], decided);
    for (const rule of fired) {
      const id = [event.time, `${rule}/${event.card}/${event.event_id}`];
      add('alerts', id, { place, outcome });
      add('alert_deliveries', id, {});
    }
  }
  for (const [id, events] of windowsOf(accepted.filter(({ type }) => type === 'payment'))) {
    const amounts = events.map(({ amount_minor }) => amount_minor);
    const extremes = { min_minor: Math.min(...amounts), max_minor: Math.max(...amounts) };
    const terminals = new Set(events.map(({ terminal }) => terminal)).size;
    const [table = '', ...rest] = id.split('|');
    add(table, rest, { count: events.length, sum_minor: String(sumOf(events)), ...extremes, terminals });
  }
  return tables;
}

const floor = (ms: number, size: number): number => Math.floor(ms / size) * size;
const sumOf = (events: readonly WireEvent[]): bigint => events.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n);

/** Events of each window, by table, group, start and end. */
function windowsOf(payments: readonly WireEvent[]): Map<string, WireEvent[]> {
  const windows = new Map<string, WireEvent[]>();
  const put = (id: string, event: WireEvent): unknown => windows.set(id, [...(windows.get(id) ?? []), event]);
  for (const event of payments) {
    const [minute, hour] = [floor(event.time, MINUTE), floor(event.time, HOUR)];
    put(`minute|${event.currency}|${minute}|${minute + MINUTE}`, event);
    put(`hourly|${event.terminal}|${event.currency}|${hour}|${hour + HOUR}`, event);
    for (const back of [0, 1, 2, 3]) put(`sliding|${event.currency}|${minute - back * MINUTE}|${minute + (4 - back) * MINUTE}`, event);
    const group = payments.filter(({ card, currency }) => card === event.card && currency === event.currency).map(({ time }) => time);
    let [start, last] = [event.time, event.time];
    for (const time of group.toSorted((a, b) => b - a)) if (time < start && start - time <= 2 * MINUTE) start = time;
    for (const time of group.toSorted((a, b) => a - b)) if (time > last && time - last <= 2 * MINUTE) last = time;
    put(`runs|${event.card}|${event.currency}|${start}|${last + 2 * MINUTE}`, event);
  }
  return windows;
}
