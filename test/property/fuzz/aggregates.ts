import { createHash } from 'node:crypto';
import { KPL_MAGIC } from '../../../core/decode/kpl.ts';
import type { Random } from '../../../core/random.ts';
import { bytesField, frame, numberField, varint } from '../../golden/malformed/frames.ts';
import { TOKENS } from './dictionary.ts';
import { eventText } from './json.ts';
import type { PipelineName } from './pipelines.ts';

const KEYS_MAX = 4;
const RECORDS_MAX = 12;
const NESTING_MAX = 3;

/** Indexes out of any table, negative ones as protobuf writes them, and lengths past any record. */
const HOSTILE_NUMBERS = [4n, 127n, 128n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, -1n, -2n];

/** How far an aggregate strays from the format: the chance of a fault at each place. */
interface Hostility {
  readonly pipeline: PipelineName;
  readonly share: number;
  readonly depth: number;
}

function keyBytes(random: Random, { share }: Hostility): Buffer {
  if (!random.chance(share)) return Buffer.from(`c${random.below(100)}`);
  const hostile = [
    Buffer.alloc(0),
    Buffer.alloc(256, 'k'),
    Buffer.alloc(5_000, 'k'),
    Buffer.from('__proto__'),
    Buffer.from('😀'.repeat(64)),
  ];
  return random.chance(0.5) ? random.pick(hostile) : random.pick(TOKENS);
}

function index(random: Random, count: number, { share }: Hostility): number | bigint {
  return random.chance(share) ? random.pick(HOSTILE_NUMBERS) : random.below(count);
}

function payload(random: Random, hostility: Hostility): Buffer {
  const { pipeline, share, depth } = hostility;
  if (!random.chance(share)) return Buffer.from(eventText(random, pipeline, random.chance(0.2) ? 1 : 0));
  if (random.chance(0.2) && depth < NESTING_MAX) return aggregate(random, { ...hostility, depth: depth + 1 });
  return random.chance(0.3) ? Buffer.alloc(0) : Buffer.from(eventText(random, pipeline, 1 + random.below(3)));
}

/** A field nobody asked for, or a known one in another wire type. */
function strayField(random: Random): Buffer {
  const field = random.below(18);
  const wire = random.below(6);
  const tag = varint(field * 8 + wire);
  return random.chance(0.5) ? bytesField(field, random.pick(TOKENS)) : Buffer.concat([tag, random.pick(TOKENS)]);
}

function userRecord(random: Random, keys: number, hostility: Hostility): Buffer {
  const { share } = hostility;
  const parts = [numberField(1, index(random, keys, hostility))];
  if (random.chance(0.2)) parts.push(numberField(2, index(random, keys, hostility)));
  parts.push(bytesField(3, payload(random, hostility)));
  if (random.chance(share)) parts.splice(random.below(parts.length + 1), 0, strayField(random));
  if (random.chance(share / 2)) parts.splice(random.below(parts.length), 1);
  if (random.chance(share / 4)) parts.reverse();
  return bytesField(3, Buffer.concat(parts));
}

function aggregate(random: Random, hostility: Hostility): Buffer {
  const { share } = hostility;
  const keys = 1 + random.below(KEYS_MAX);
  const records = 1 + random.below(RECORDS_MAX);
  const body: Buffer[] = [];
  for (let i = 0; i < keys; i += 1) body.push(bytesField(1, keyBytes(random, hostility)));
  for (let i = 0; i < keys; i += 1) if (random.chance(0.5)) body.push(bytesField(2, String(random.below(1_000_000))));
  for (let i = 0; i < records; i += 1) body.push(userRecord(random, keys, hostility));
  if (random.chance(share)) body.splice(random.below(body.length), 0, strayField(random));
  if (random.chance(share / 2))
    body.splice(random.below(body.length), 0, Buffer.concat([varint(26), varint(random.pick(HOSTILE_NUMBERS))]));
  if (random.chance(share / 2)) body.splice(random.below(body.length), 1);
  const whole = Buffer.concat(body);
  const kept = random.chance(share / 2) ? whole.subarray(0, random.below(whole.length)) : whole;
  return random.chance(share / 2) ? unsigned(random, kept) : frame(kept);
}

/** An aggregate whose checksum is that of other bytes, or cut. */
function unsigned(random: Random, body: Buffer): Buffer {
  const digest = createHash('md5')
    .update(Buffer.from([random.below(256)]))
    .digest();
  return Buffer.concat([KPL_MAGIC, body, digest.subarray(0, random.chance(0.8) ? 16 : random.below(16))]);
}

/** A KPL aggregate of a few events; `share` is the chance of a fault at each of its places, 0 for none. */
export function aggregateOf(random: Random, pipeline: PipelineName, share: number): Buffer {
  return aggregate(random, { pipeline, share, depth: 0 });
}
