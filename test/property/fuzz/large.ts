import type { Random } from '../../../core/random.ts';
import { bytesField, frame, recordField } from '../../golden/malformed/frames.ts';
import { eventText } from './json.ts';
import type { PipelineName } from './pipelines.ts';

/** Bytes of the largest record a stream takes by default. */
const RECORD_BYTES_MAX = 1_048_576;

/** A size in [16, max], each order of magnitude as likely. */
function size(random: Random, max: number): number {
  return Math.floor(16 * (max / 16) ** random.unit());
}

type Bomb = (random: Random, pipeline: PipelineName) => Buffer;

function withMember(random: Random, pipeline: PipelineName, member: string): Buffer {
  const text = eventText(random, pipeline, 0);
  return Buffer.from(random.chance(0.5) ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`);
}

const nesting: Bomb = (random, pipeline) => {
  const depth = size(random, 120_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
    ['{"":[', ']}'],
  ] as const);
  const value = open.repeat(depth) + (random.chance(0.5) ? `1${close.repeat(depth)}` : '');
  return random.chance(0.5) ? Buffer.from(value) : withMember(random, pipeline, `"extra":${value}`);
};

const manyKeys: Bomb = (random, pipeline) => {
  const count = size(random, 20_000);
  const step = random.pick([0, 1]);
  const members = Array.from({ length: count }, (_, i) => `"k${i * step}":${i}`).join(',');
  return withMember(random, pipeline, random.chance(0.5) ? members : `"extra":{${members}}`);
};

const longValue: Bomb = (random, pipeline) => {
  const unit = random.pick(['9', 'x', '\\u0041', '\\ud800', '😀', '\\"', '0', ' ', '\u0000', '\\']);
  const text = unit.repeat(size(random, 280_000 / unit.length));
  const key = random.pick(['extra', 'amount', 'event_id', 'event_time', 'currency', 'celsius', 'note', text.slice(0, 100_000)]);
  return withMember(random, pipeline, random.chance(0.5) ? `"${key}":${text}` : `"${key}":"${text}"`);
};

const blanks: Bomb = (random, pipeline) => Buffer.from(eventText(random, pipeline, 0) + ' '.repeat(size(random, 300_000)));

const emptyRecords: Bomb = (random) => {
  const unit = random.pick(['1a00', '0a00', '1200', '2200', '1a021a00', '1a0408001a00']);
  const bytes = Buffer.alloc(size(random, RECORD_BYTES_MAX - 64), Buffer.from(unit, 'hex'));
  return frame(bytesField(1, 'k'), bytes);
};

/** Many user records that share one key, which may be as long as the record has room for. */
const longKey: Bomb = (random, pipeline) => {
  const record = recordField(0, random.chance(0.5) ? '{}' : eventText(random, pipeline, 0));
  const records = Buffer.concat(Array<Buffer>(size(random, 300)).fill(record));
  return frame(bytesField(1, 'k'.repeat(size(random, 200_000))), records);
};

const manyRecords: Bomb = (random, pipeline) => {
  const record = recordField(0, random.chance(0.5) ? '1' : eventText(random, pipeline, random.below(2)));
  return frame(bytesField(1, 'k'), ...Array<Buffer>(size(random, Math.min(10_010, RECORD_BYTES_MAX / record.length))).fill(record));
};

const noise: Bomb = (random) => {
  const bytes = Buffer.from(Array.from({ length: size(random, 20_000) }, () => random.below(256)));
  return random.chance(0.5) ? bytes : frame(bytes);
};

const BOMBS: readonly Bomb[] = [nesting, manyKeys, longValue, blanks, emptyRecords, longKey, manyRecords, noise];

/** An input built to cost memory or time: deep, wide, long, or of very many parts. */
export function largeInput(random: Random, pipeline: PipelineName): Buffer {
  return random.pick(BOMBS)(random, pipeline);
}
