import { TIME_BYTES, TimeWriter, writeDigits, writeEight, writeMoney } from './digits.ts';
import { SCENARIOS } from './kinds.ts';
import type { Town } from './town.ts';

/** Digits of ordinals, customers and terminals in ids. */
const DIGITS = 8;
const encoder = new TextEncoder();

/** One payment as numbers: bytes are made of it, the same ones each time. */
export interface Payment {
  /** Counts the payments of a producer from 0. */
  ordinal: number;
  /** Event time, epoch ms. */
  timeMs: number;
  customer: number;
  terminal: number;
  amountMinor: number;
  /** Place among the tails of the town. */
  tail: number;
}

/** A label as numbers; `scenario` is -1 for a genuine payment. */
export interface Label extends Pick<Readonly<Payment>, 'ordinal' | 'timeMs' | 'customer' | 'terminal'> {
  readonly knownMs: number;
  readonly scenario: number;
}

/** Where events are written: the same bytes in two views. */
export class Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;

  constructor(length: number) {
    // Nobody clears them: all that is read of them is written before.
    const { buffer } = Buffer.allocUnsafeSlow(length);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }
}

/** Most bytes that one event takes. */
export const EVENT_BYTES_MAX = 640;

/** Partition key and id of a customer. */
export function customerId(run: string, customer: number): string {
  return `${run}-c${String(customer).padStart(DIGITS, '0')}`;
}

/** Event id of a payment. */
export function paymentId(run: string, producer: number, ordinal: number): string {
  return `${run}-${producer}-${String(ordinal).padStart(DIGITS, '0')}`;
}

/** Bytes that never change, and where the parts stand that do. */
class Template {
  readonly bytes: Uint8Array;
  /** Where each part begins, in order. */
  readonly at: readonly number[];

  /** Text with `#` for each byte of a part. */
  constructor(text: string) {
    this.bytes = encoder.encode(text.replaceAll('#', '0'));
    this.at = [...text.matchAll(/#+/g)].map(({ index }) => index);
  }
}

const hashes = (length: number): string => '#'.repeat(length);

/**
 * Writes events into bytes: a template with all that never changes, copied whole, and the few digits that do written over it. That is
 * many times faster than objects made into JSON, for bytes that no reader can tell apart.
 */
export class Renderer {
  private readonly head: Uint8Array;
  private readonly at: { readonly ordinal: number; readonly time: number; readonly customer: number; readonly terminal: number };
  private readonly labels: Template;
  private readonly ends: readonly Uint8Array[];
  private readonly tails: Town['tails'];
  private readonly time = new TimeWriter();
  private headSecond = -1;

  constructor(run: string, producer: number, town: Town) {
    const [id, time] = [`${run}-${producer}-${hashes(DIGITS)}`, hashes(TIME_BYTES)];
    const who = `"customer_id":"${run}-c${hashes(DIGITS)}","terminal_id":"t-${hashes(DIGITS)}"`;
    const head = new Template(`{"type":"transaction","event_id":"${id}","event_time":"${time}",${who},"amount":"`);
    const [ordinal = 0, timeAt = 0, customer = 0, terminal = 0] = head.at;
    this.head = head.bytes;
    this.at = { ordinal, time: timeAt, customer, terminal };
    this.labels = new Template(
      `{"type":"label","event_id":"${id}-label","event_time":"${time}","transaction_id":"${id}","transaction_time":"${time}",${who},"fraud":`,
    );
    this.ends = ['false}', ...SCENARIOS.map((scenario) => `true,"scenario":"${scenario}"}`)].map((text) => encoder.encode(text));
    this.tails = town.tails;
  }

  /** Writes a payment; returns where it ends. */
  payment(
    { bytes: into, view }: Chunk,
    start: number,
    { ordinal, timeMs, customer, terminal, amountMinor, tail }: Readonly<Payment>,
  ): number {
    const { head, at } = this;
    const second = Math.floor(timeMs / 1000);
    // Most events are of the second at hand, which stands in the template.
    if (second > this.headSecond) {
      this.time.write(head, at.time, timeMs);
      this.headSecond = second;
    }
    into.set(head, start);
    if (second === this.headSecond) writeDigits(into, start + at.time + 20, timeMs - second * 1000, 3);
    else this.time.write(into, start + at.time, timeMs);
    writeEight(view, start + at.ordinal, ordinal);
    writeEight(view, start + at.customer, customer);
    writeEight(view, start + at.terminal, terminal);
    const { bytes, exponent } = this.tails[tail] as Town['tails'][number];
    const end = writeMoney(into, start + head.length, amountMinor, exponent);
    into.set(bytes, end);
    return end + bytes.length;
  }

  /** Writes a label; returns where it ends. */
  label({ bytes: into, view }: Chunk, start: number, { ordinal, timeMs, customer, terminal, knownMs, scenario }: Label): number {
    const { bytes, at } = this.labels;
    const [id = 0, known = 0, of = 0, time = 0, who = 0, where = 0] = at;
    into.set(bytes, start);
    writeEight(view, start + id, ordinal);
    this.time.write(into, start + known, knownMs);
    writeEight(view, start + of, ordinal);
    this.time.write(into, start + time, timeMs);
    writeEight(view, start + who, customer);
    writeEight(view, start + where, terminal);
    const end = this.ends[scenario + 1] as Uint8Array;
    into.set(end, start + bytes.length);
    return start + bytes.length + end.length;
  }
}

/** The bytes of a payment broken in one of the ways that real producers do; none gives a valid event. */
export function broken(text: string, way: number): string {
  const ways: readonly (() => string)[] = [
    () => text.slice(0, -12),
    () => text.replace(/"customer_id":"[^"]*",/, ''),
    () => text.replace(/"amount":"[^"]*"/, '"amount":"12,5"'),
    () => text.replace(/"currency":"[^"]*"/, '"currency":"EURO"'),
    () => text.replace(/"event_time":"[^"]*"/, '"event_time":"1970-01-01T00:00:00Z"'),
    () => text.replace('"type":"transaction"', '"type":"payment"'),
  ];
  return (ways[way % ways.length] ?? (() => ''))();
}
