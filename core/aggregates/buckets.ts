/** Integers below this magnitude have a bucket each. */
const EXACT_BELOW = 256;
const EXACT_BITS = 8;
/** Buckets for each power of two above: the middle of one is within 1/128 of every value in it. */
const SUB_BITS = 6;
const SUB_BUCKETS = 2 ** SUB_BITS;
/** Bucket of zero; greater than the 3,136 buckets of one sign, so that bucket numbers are positive and ascend with the values. */
const ZERO = 4_096;
const WORD = 2 ** 32;

/** Bucket number of a safe integer: log-linear, found by integer arithmetic alone. */
export function bucketNumberOf(value: number): number {
  const magnitude = value < 0 ? -value : value;
  const place = magnitude < EXACT_BELOW ? magnitude : placeOf(magnitude);
  return value < 0 ? ZERO - place : ZERO + place;
}

function placeOf(magnitude: number): number {
  const power = magnitude < WORD ? 31 - Math.clz32(magnitude) : 63 - Math.clz32(Math.floor(magnitude / WORD));
  const sub = Math.floor(magnitude / 2 ** (power - SUB_BITS)) - SUB_BUCKETS;
  return EXACT_BELOW + (power - EXACT_BITS) * SUB_BUCKETS + sub;
}

/** Integer in the middle of a bucket. */
export function bucketMiddleOf(bucket: number): number {
  const place = Math.abs(bucket - ZERO);
  const middle = place < EXACT_BELOW ? place : middleOf(place - EXACT_BELOW);
  return bucket < ZERO ? -middle : middle;
}

function middleOf(place: number): number {
  const width = 2 ** ((place >> SUB_BITS) + EXACT_BITS - SUB_BITS);
  return (SUB_BUCKETS + (place & (SUB_BUCKETS - 1))) * width + width / 2;
}
