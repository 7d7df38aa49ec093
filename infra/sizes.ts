/** What differs between the shipped sizes; what is the same in both is a constant beside its construct. */
export interface Size {
  /** How long records of a shard gather before the processor is called, seconds. */
  readonly batchingWindowS: number;
  /** Memory of the processor, MB; processor power grows with it, 1,769 MB being one whole processor. */
  readonly processorMb: number;
  readonly closerMb: number;
  /** Memory of compaction: it takes less than 512 MB; more of it is more processor. */
  readonly compactionMb: number;
  /** Memory of the functions that wait more than they compute. */
  readonly helperMb: number;
  /** Time between two objects of a delivery stream, seconds, unless its buffer is full before. */
  readonly deliveryBufferS: number;
  /** Shared: stream, state and lake have one key. Separate: one each. Operations has its own always. */
  readonly keys: 'shared' | 'separate';
}

/** The shipped sizes: `small` is the cheapest that keeps every promise, `production` the one that answers soon. */
export const SIZES = {
  small: { batchingWindowS: 30, processorMb: 512, closerMb: 512, compactionMb: 1024, helperMb: 256, deliveryBufferS: 900, keys: 'shared' },
  production: {
    batchingWindowS: 5,
    processorMb: 1769,
    closerMb: 1769,
    compactionMb: 1769,
    helperMb: 512,
    deliveryBufferS: 300,
    keys: 'separate',
  },
} as const satisfies Readonly<Record<string, Size>>;

/** Name of a shipped size. */
export type SizeName = keyof typeof SIZES;
