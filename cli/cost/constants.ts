/** Hours of a month, as price pages count it. */
export const MONTH_HOURS = 730;
/** The same in seconds. */
export const MONTH_S = MONTH_HOURS * 3600;
/** One gigabyte of a bill, bytes. */
export const GB = 2 ** 30;
/** One terabyte of a bill, bytes. */
export const TB = 2 ** 40;

/** Share of any limit that is used on purpose: the rest is for peaks and for catching up. */
export const USE_SHARE = 0.7;

/** CPU of one event in the handler, µs: `npm run bench:run` over the handbook file (README, "How fast"). */
export const EVENT_CPU_US = 100;
/** CPU of one conditional write through the SDK, µs: PutItem of 1.4 KB, 50 in flight, against a local server, Node 24. */
export const WRITE_CPU_US = 570;
/** Memory at which a function has one whole processor, MB (Lambda guide); the handler runs on one thread. */
export const ONE_CPU_MB = 1769;
/** Waiting in one invocation: six calls that need each other's answer, 10 ms each; an assumption. */
export const INVOCATION_WAIT_MS = 60;

/** Records and payload of one invocation at most (Lambda guide), and what the envelope adds to a record, bytes. */
export const BATCH_RECORDS_MAX = 10_000;
/** Payload of one invocation at most, bytes. */
export const BATCH_BYTES_MAX = 6 * 2 ** 20;
/** What the JSON envelope of a record adds to its base64, bytes; measured on Lambda's own event form. */
export const ENVELOPE_BYTES = 450;
/** Events that the processor handles as one unit of state writes at most, as in `functions/process-stream/handler.ts`. */
export const UNIT_EVENTS_MAX = 4_096;

/** A shard takes so much a second (Kinesis quotas). */
export const SHARD_BYTES_MAX = 2 ** 20;
/** Records that a shard takes a second (Kinesis quotas). */
export const SHARD_RECORDS_MAX = 1_000;
/** Partition key of a record; it counts toward the bytes of a shard. */
export const KEY_BYTES = 16;
/** Write units that one partition takes a second (DynamoDB limits). */
export const PARTITION_WRITES_MAX = 1_000;
/** Direct PUT quotas of a delivery stream in us-east-1 (Firehose quotas). */
export const DELIVERY_BYTES_MAX = 5 * 2 ** 20;
/** Records that a delivery stream takes a second (Firehose quotas). */
export const DELIVERY_RECORDS_MAX = 500_000;
/** Functions running at once in an account, unless raised (Lambda quotas). */
export const CONCURRENCY_MAX = 1_000;

/** Rows joined in one delivery record at most, and the step that records are billed in, bytes (Firehose). */
export const JOINED_ROWS_MAX = 500;
/** Step that delivery records are billed in, bytes (Firehose pricing). */
export const DELIVERY_STEP_BYTES = 5 * 1024;
/** Buffer of a delivery stream that converts to Parquet, bytes (Firehose). */
export const DELIVERY_BUFFER_BYTES = 64 * 2 ** 20;

/** What one group of a slice weighs, what each of its events adds, and where its counts stop growing, bytes; measured. */
export const GROUP_BYTES = 55;
/** Bytes that an event adds to its group: the customer in an exact distinct count, and quantiles; measured. */
export const GROUP_EVENT_BYTES = 14;
/** Bytes at which a group stops growing: distinct counts turn into registers at 1,000; measured. */
export const GROUP_BYTES_MAX = 10_500;
/** Groups of an aggregate by places and channels: currency, country and channel of the generated load. */
export const FEW_GROUPS = 42;
/** Groups of an aggregate by identifiers, unless told otherwise: 10,000 terminals with one currency each. */
export const MANY_GROUPS = 10_000;
/** A key in a timer, bytes. */
export const TIMER_KEY_BYTES = 14;
/** How many times smaller compressed links are; measured: 2 at 2 KB, 3.3 at 6 KB, 4.5 at 20 KB. */
export const LINK_COMPRESSION = 3.3;
/** Names, keys and numbers of an item, bytes. */
export const ITEM_OVERHEAD_BYTES = 150;
/** Mean profile as stored, compressed, bytes; the generated load has 1.0 to 2.2 KB before. */
export const PROFILE_BYTES = 600;
/** Shard item as stored, compressed, bytes; measured. */
export const SHARD_ITEM_BYTES = 1_100;
/** Events out of order come up to 30 s late, most of them; so long the slice before is written too, s; measured. */
export const REWRITE_S = 24;
/** Customers whose profiles are kept. */
export const CUSTOMERS = 1_000_000;
/** Alerts for each event: the handbook file, README "How fast". */
export const ALERT_SHARE = 0.041;
/** Labels, late and quarantined events for each event, as the generator makes them. */
export const LABEL_SHARE = 0.05;
/** Events that are late or bad. */
export const ODD_SHARE = 0.01;
/** Mean number of sessions a payment opens: each customer pays rarely. */
export const SESSION_SHARE = 1;

/** Parquet bytes of one row of a table without payload, SNAPPY; measured on 14 columns. */
export const PARQUET_ROW_BYTES = 66;
/** Parquet bytes for each byte of a payload kept whole. */
export const PARQUET_PAYLOAD_SHARE = 0.5;
/** Event hours that are open in one buffer of a delivery stream. */
export const OPEN_HOURS = 1.2;
/** Queries a month, each over one day of decisions. */
export const QUERIES_MONTH = 1_000;
/** Log lines of one invocation, bytes: metrics and one summary. */
export const LOG_BYTES = 1_500;

/** CPU of one row in compaction, µs: reading, counting, sorting, writing, reading back; `bench/handbook/compaction.ts` (docs/lake.md, whole_cpu_s). */
export const COMPACTION_ROW_US = 11.23;
/** Bytes of a generation for each byte that landed; `bench/handbook/compaction.ts` (docs/lake.md, bytes_compacted of bytes_landed). */
export const COMPACTED_SHARE = 18_107_857 / 33_450_160;
/** Rows of one file of a generation at most; `lake/compaction/pieces.ts`. */
export const COMPACTION_FILE_ROWS = 1_000_000;
/** How often an hour of a table is compacted: when it is over, and once more for late files; an assumption. */
export const COMPACTIONS_OF_HOUR = 2;
/** Time between two ticks of compaction, s; `infra/constructs/compaction.ts`. */
export const COMPACTION_TICK_S = 900;
/** One call to the object store or the catalogue, s; an assumption. */
export const STORE_CALL_S = 0.03;
/** Manifests read at once; `lake/generations/state.ts`. */
export const STORE_CALLS_AT_ONCE = 16;
/** Objects of one answer to a list (S3). */
export const LIST_PAGE = 1_000;
