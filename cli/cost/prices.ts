import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { usageError } from '../../core/errors.ts';

/** Names of the unit prices, each billed by one service. */
export const PRICE_NAMES = [
  ...(['kinesisShardHour', 'kinesisPutUnit', 'kinesisExtendedShardHour', 'kinesisOnDemandStreamHour'] as const),
  ...(['kinesisOnDemandInGb', 'kinesisOnDemandOutGb', 'kinesisOnDemandExtendedGbMonth'] as const),
  ...(['lambdaRequest', 'lambdaArmGbSecond', 'lambdaX86GbSecond'] as const),
  ...(['dynamoWriteUnit', 'dynamoReadUnit', 'dynamoStorageGbMonth', 'dynamoPitrGbMonth'] as const),
  ...(['firehoseGb', 'firehoseConversionGb', 'firehosePartitionGb', 'firehosePartitionObject', 'firehoseJqHour'] as const),
  ...(['s3PutRequest', 's3GetRequest', 's3StorageGbMonth', 'glueObjectMonth', 'glueRequest', 'athenaTb'] as const),
  ...(['kmsKeyMonth', 'kmsRequest', 'cloudwatchMetricMonth', 'cloudwatchAlarmMonth', 'cloudwatchDashboardMonth'] as const),
  ...(['cloudwatchLogsGb', 'xrayTrace', 'eventbridgeEvent', 'snsPublish', 'stepsTransition'] as const),
] as const;

/** One of `PRICE_NAMES`. */
export type PriceName = (typeof PRICE_NAMES)[number];

const priceSchema = z.strictObject({
  usd: z.number().positive(),
  /** What one unit is. */
  per: z.string().min(1),
  /** Official page that names the price. */
  page: z.url({ protocol: /^https$/ }),
  /** `copied`: stands in stored price notes; `unread`: nobody read it for this table. */
  basis: z.enum(['copied', 'unread']),
});

const tableSchema = z.strictObject({
  date: z.string().regex(/^\d{4}-\d{2}$/),
  region: z.literal('us-east-1'),
  currency: z.literal('USD'),
  about: z.string(),
  prices: z.strictObject(Object.fromEntries(PRICE_NAMES.map((name) => [name, priceSchema])) as Record<PriceName, typeof priceSchema>),
});

/** Unit prices of one region at one date. */
export type PriceTable = Readonly<z.infer<typeof tableSchema>>;

/** Checks a price table. Throws UsageError that names what is wrong; unknown names are refused. */
export function parsePrices(text: string): PriceTable {
  const parsed = tableSchema.safeParse(JSON.parse(text));
  if (parsed.success) return Object.freeze(parsed.data);
  const [issue] = parsed.error.issues;
  throw usageError('price table', issue?.path.join('.') ?? 'nothing', issue?.message ?? 'a table as in cli/cost/prices.json');
}

/** Reads the price table that is shipped. */
export function loadPrices(): PriceTable {
  return parsePrices(readFileSync(new URL('./prices.json', import.meta.url), 'utf8'));
}
