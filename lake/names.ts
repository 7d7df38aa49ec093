/** Partition of a lake table: UTC day `YYYY-MM-DD` and hour `HH`. */
export interface PartitionName {
  readonly dt: string;
  readonly hour: string;
}

/** Address of one landing file inside the lake. */
export interface LandingName extends PartitionName {
  readonly table: string;
  /** File name without `.parquet`. */
  readonly name: string;
}

const LANDING_KEY = /^([a-z][a-z0-9_]*)\/landing\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/([^/]+)\.parquet$/;

/** Partition that an instant (epoch ms, years 0 to 9999) falls in. */
export function partitionOf(ms: number): PartitionName {
  const text = new Date(ms).toISOString();
  return { dt: text.slice(0, 10), hour: text.slice(11, 13) };
}

/** First instant of a partition, epoch ms; the partition ends an hour later. */
export function partitionStartMs({ dt, hour }: PartitionName): number {
  return Date.parse(`${dt}T${hour}:00:00Z`);
}

/** Prefix of all landing files of a table. */
export function landingPrefix(table: string): string {
  return `${table}/landing/`;
}

/** Object key of a landing file. */
export function landingKey({ table, dt, hour, name }: LandingName): string {
  return `${landingPrefix(table)}dt=${dt}/hour=${hour}/${name}.parquet`;
}

/** Parts of a landing key; undefined for any other key. */
export function parseLandingKey(key: string): LandingName | undefined {
  const match = LANDING_KEY.exec(key);
  if (match === null) return undefined;
  const [, table = '', dt = '', hour = '', name = ''] = match;
  return { table, dt, hour, name };
}

/** Name of the `index`-th landing file that segment `number` left in one partition. */
export function segmentFileName(number: number, index: number): string {
  return `seg-${String(number).padStart(SEGMENT_DIGITS, '0')}-${index}`;
}

/** Number of the segment that wrote a landing file; undefined for a name that no segment gave. */
export function segmentNumberOf(name: string): number | undefined {
  const match = /^seg-(\d{9})-\d+$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Digits of a segment number in names, so that names sort as numbers do: enough for a segment a second for 30 years. */
export const SEGMENT_DIGITS = 9;
