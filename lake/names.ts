/** Partition of a lake table: UTC day `YYYY-MM-DD` and hour `HH`. */
export interface PartitionName {
  readonly dt: string;
  readonly hour: string;
}

/** Address of one landing file inside the lake. */
export interface LandingName extends PartitionName {
  readonly table: string;
  /** File name: without `.parquet` where a key is made, with its ending where one is parsed. */
  readonly name: string;
}

/** Partition that an instant (epoch ms, years 0 to 9999) falls in. */
export function partitionOf(ms: number): PartitionName {
  const text = new Date(ms).toISOString();
  return { dt: text.slice(0, 10), hour: text.slice(11, 13) };
}

/** First instant of a partition, epoch ms; the partition ends an hour later. */
export function partitionStartMs({ dt, hour }: PartitionName): number {
  return Date.parse(`${dt}T${hour}:00:00Z`);
}

/** Whether there is such an hour: days past the end of their month are read as those of the next one. */
function isHour(name: PartitionName): boolean {
  const startMs = partitionStartMs(name);
  if (Number.isNaN(startMs)) return false;
  const { dt, hour } = partitionOf(startMs);
  return dt === name.dt && hour === name.hour;
}

/** Prefix of all landing files of a table. */
export function landingPrefix(table: string): string {
  return `${table}/landing/`;
}

/** Object key of a landing file. */
export function landingKey({ table, dt, hour, name }: LandingName): string {
  return `${landingFolder(table, { dt, hour })}${name}.parquet`;
}

/** Address of one object of a generation. */
export interface GenerationName extends PartitionName {
  readonly table: string;
  readonly number: number;
  /** File name with its ending. */
  readonly name: string;
}

const GENERATION_KEY = /^([a-z][a-z0-9_]*)\/gen=(\d+)\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/([^/]+)$/;
const MANIFEST_KEY = /^([a-z][a-z0-9_]*)\/manifest\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\.json$/;
const LANDED_KEY = /^([a-z][a-z0-9_]*)\/landing\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/([^/_.][^/]*)$/;

/** Folder of the landing files of one partition. */
export function landingFolder(table: string, { dt, hour }: PartitionName): string {
  return `${landingPrefix(table)}dt=${dt}/hour=${hour}/`;
}

/** Folder of the landing files of one partition that a person took out of it. */
export function asideFolder(table: string, { dt, hour }: PartitionName): string {
  return `${table}/aside/dt=${dt}/hour=${hour}/`;
}

/** Parts of the key of a landing file, whatever made it: `name` with its ending; undefined for any other key, and for an hour that no calendar has. Names that begin with `_` or `.` are no data. */
export function parseLandedKey(key: string): LandingName | undefined {
  const [, table, dt = '', hour = '', name = ''] = LANDED_KEY.exec(key) ?? [];
  return table === undefined || !isHour({ dt, hour }) ? undefined : { table, dt, hour, name };
}

/** Prefix of all generations of a table. */
export function generationPrefix(table: string): string {
  return `${table}/gen=`;
}

/** Folder of one generation of a partition: what the catalogue points at. */
export function generationFolder(table: string, { dt, hour }: PartitionName, number: number): string {
  return `${generationPrefix(table)}${number}/dt=${dt}/hour=${hour}/`;
}

/** Parts of the key of an object of a generation; undefined for any other key. */
export function parseGenerationKey(key: string): GenerationName | undefined {
  const [, table, number, dt = '', hour = '', name = ''] = GENERATION_KEY.exec(key) ?? [];
  return table === undefined ? undefined : { table, number: Number(number), dt, hour, name };
}

/** Prefix of all manifests of a table. */
export function manifestPrefix(table: string): string {
  return `${table}/manifest/`;
}

/** Key of the manifest of a partition. */
export function manifestKey(table: string, { dt, hour }: PartitionName): string {
  return `${manifestPrefix(table)}dt=${dt}/hour=${hour}.json`;
}

/** Partition that a manifest is of; undefined for any other key. */
export function parseManifestKey(key: string): (PartitionName & { readonly table: string }) | undefined {
  const [, table, dt = '', hour = ''] = MANIFEST_KEY.exec(key) ?? [];
  return table === undefined ? undefined : { table, dt, hour };
}

/** Receipt of a generation, beside its files: engines pass over names that begin with `_`. */
export const RECEIPT_NAME = '_receipt.json';

/** Name of the `index`-th file of a generation. */
export function partFileName(index: number): string {
  return `part-${String(index).padStart(5, '0')}.parquet`;
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

/** Key of the list of corrections: which late events the aggregates include. */
export const CORRECTIONS_KEY = 'corrections.json';

/** Key of the list of loads: history that was read from files, and its spans. */
export const LOADS_KEY = 'loads.json';
