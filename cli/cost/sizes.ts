/** What a deployment of one size is made of, as far as it costs money. */
export interface StackSize {
  readonly name: 'small' | 'production';
  /** How long a shard's records gather before the processor is called, s. */
  readonly batchingWindowS: number;
  /** Memory of the processor, MB; processor power grows with it. */
  readonly processorMb: number;
  readonly closerMb: number;
  readonly compactionMb: number;
  /** Time between two rounds of the closer, s. */
  readonly closeEveryS: number;
  /** Time between two objects of a delivery stream, s, unless its buffer is full before. */
  readonly deliveryBufferS: number;
  /** How long the lake's bucket keeps versions that were removed or written over, days; `infra/environments/`. */
  readonly oldVersionsDays: number;
  readonly metrics: number;
  readonly alarms: number;
  readonly dashboards: number;
  readonly keys: number;
  /** Share of invocations that are traced. */
  readonly tracedShare: number;
}

/** The two sizes that are shipped. */
export const SIZES: Readonly<Record<StackSize['name'], StackSize>> = {
  small: {
    name: 'small',
    batchingWindowS: 30,
    processorMb: 512,
    closerMb: 512,
    compactionMb: 1024,
    closeEveryS: 60,
    deliveryBufferS: 900,
    oldVersionsDays: 7,
    metrics: 12,
    alarms: 20,
    dashboards: 1,
    keys: 2,
    tracedShare: 0.05,
  },
  production: {
    name: 'production',
    batchingWindowS: 5,
    processorMb: 1769,
    closerMb: 1769,
    compactionMb: 1769,
    closeEveryS: 60,
    deliveryBufferS: 300,
    oldVersionsDays: 30,
    metrics: 20,
    alarms: 25,
    dashboards: 1,
    keys: 4,
    tracedShare: 0.05,
  },
};
