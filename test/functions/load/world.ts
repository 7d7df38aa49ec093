import type { BackfillPorts } from '../../../functions/backfill/ports.ts';
import type { BackfillReport } from '../../../functions/backfill/report.ts';
import { type LoadOptions, type LoadOutcome, loadHistory } from '../../../functions/load/load.ts';
import type { RecordChunk } from '../../../functions/load/records.ts';
import { randomOf, STORY_MS } from '../backfill/story.ts';
import { BackfillWorld } from '../backfill/world.ts';
import { recordOf, type WireEvent } from '../world.ts';

/** A line of a file: an event, or text that is none. */
export type Line = WireEvent | string;

/** What names the origin of a row: everything else must not depend on how an event came in. */
const ORIGIN = 'shard_id, sequence, sub_sequence, arrival_time';
const SHARD = 'shardId-000000000000';
const HOUR_MS = 3_600_000;
const CHUNK = 37;

/** Some hours of payments and labels in order of event time: repeats behind each other and long after, and lines that are broken. */
export function history(seed: number, lines: number, { stepS = 70, startMs = STORY_MS } = {}): Line[] {
  const random = randomOf(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const told: Line[] = [];
  const sent: WireEvent[] = [];
  let nowMs = startMs;
  for (let n = 0; n < lines; n += 1) {
    nowMs += whole(stepS) * 1_000;
    const again = random() < 0.1 ? sent[sent.length - 1 - whole(Math.min(sent.length, 30))] : undefined;
    const base = {
      event_id: `e${seed}-${n}`,
      card: `card-${whole(6)}`,
      terminal: `t${whole(3)}`,
      ...again,
      event_time: new Date(nowMs).toISOString(),
    };
    const event =
      again ??
      (random() < 0.2
        ? { type: 'label', ...base, fraud: random() < 0.5 }
        : { type: 'payment', ...base, amount: (random() * 80).toFixed(2), currency: random() < 0.9 ? 'EUR' : 'JPY' });
    const kept = { ...event, event_time: base.event_time };
    sent.push(kept);
    told.push(kept);
    if (random() < 0.03) told.push('{"type":"payment"');
  }
  return told;
}

/** Time of a line, as far as it has one, epoch ms. */
export function timeOf(line: Line): number {
  return typeof line === 'string' ? Number.NaN : Date.parse(line.event_time);
}

/** Lines as files give them. */
export async function* chunksOf(lines: readonly Line[]): AsyncGenerator<RecordChunk> {
  for (let at = 0; at < lines.length; at += CHUNK) {
    const some = lines.slice(at, at + CHUNK);
    const payloads = some.map((line) => Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)));
    let end = 0;
    const ends = Uint32Array.from(payloads, ({ length }) => (end += length));
    const keys = some.map((line) => (typeof line === 'string' ? 'unparsed' : String(line['card'])));
    yield { count: some.length, bytes: Buffer.concat(payloads), ends, keys, timesMs: Float64Array.from(some, timeOf) };
  }
}

/** A lake into which history is streamed, loaded, or both. */
export class LoadWorld extends BackfillWorld {
  private streamed = 0;

  /** Sends lines through the stream, windows closing at each hour of event time as `headrace run` has it, and lands everything. */
  async stream(lines: readonly Line[], isEnd = true): Promise<void> {
    const { world } = this;
    const { outOfOrdernessMs } = world.plan.pipeline.time;
    let tile = Number.NEGATIVE_INFINITY;
    let waiting: ReturnType<typeof recordOf>[] = [];
    const drain = async (): Promise<void> => {
      if (waiting.length > 0) await world.process({ Records: waiting });
      waiting = [];
    };
    for (const line of lines) {
      const now = Math.floor(timeOf(line) / HOUR_MS) * HOUR_MS;
      if (now > tile) {
        await drain();
        await world.close({ kind: 'barrier', floorMs: now - outOfOrdernessMs });
        tile = now;
      }
      this.streamed += 1;
      waiting.push(recordOf(SHARD, this.streamed, [line], 'card'));
      if (waiting.length === 10) await drain();
    }
    await drain();
    if (isEnd) await world.close({ kind: 'end' });
    await this.land();
  }

  /** Puts lines into the archive. */
  async loadOnly(id: string, lines: readonly Line[], options: Partial<LoadOptions> & { ports?: BackfillPorts } = {}): Promise<LoadOutcome> {
    const { ports = await this.ports(), ...more } = options;
    const span = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    return loadHistory(ports, { id, span, records: () => chunksOf(lines), ...more });
  }

  /** Loads lines, and makes windows and rows of them. */
  async load(id: string, lines: readonly Line[], options: Partial<LoadOptions> = {}): Promise<BackfillReport> {
    const { load, request } = await this.loadOnly(id, lines, options);
    return this.backfill(load.shardId, request);
  }

  /** Rows of a table but for what names their origin. */
  async plain(table: string): Promise<string[]> {
    const { columns = [] } = this.tables.find(({ name }) => name === table) ?? {};
    const origin = ORIGIN.split(', ').filter((name) => columns.some((column) => column.name === name));
    const shown = columns.map(({ name }) => name).filter((name) => !origin.includes(name) && name !== 'revision');
    return this.rows(`SELECT ${shown.map((name) => `"${name}"`).join(', ')} FROM ${table} ORDER BY ALL`);
  }

  /** All tables that a load fills. */
  async plainTables(): Promise<Record<string, string[]>> {
    const names = this.tables.map(({ name }) => name).filter((name) => !NOT_LOADED.includes(name));
    const tables: Record<string, string[]> = {};
    for (const name of names) tables[name] = await this.plain(name);
    return tables;
  }
}

const NOT_LOADED = ['archive', 'ledger', 'decisions', 'alerts', 'what_if_decisions'];
