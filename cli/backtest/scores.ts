import { OUTCOMES, type ScoredTable } from '../../core/backtest/scored.ts';
import { formatTime } from '../../core/events/timestamp.ts';
import { csvField } from '../../local/sql/format.ts';

/** Rows in one part of the text. */
const PART_ROWS = 10_000;

/** Scores of judged events as CSV, in order of event time. */
export async function* scoreLines(table: ScoredTable): AsyncGenerator<string> {
  let part = 'transaction_id,event_time,customer_id,score,outcome\n';
  for (let row = 0; row < table.count; row += 1) {
    const key = table.keyNames[table.keys[row] ?? -1] ?? '';
    const outcome = OUTCOMES[table.outcomes[row] ?? -1] ?? '';
    const time = formatTime(table.eventMs[row] ?? Number.NaN);
    part += `${csvField(table.eventIds[row] ?? '')},${time},${csvField(key)},${table.scores[row]},${outcome}\n`;
    if ((row + 1) % PART_ROWS > 0) continue;
    yield part;
    part = '';
  }
  yield part;
}
