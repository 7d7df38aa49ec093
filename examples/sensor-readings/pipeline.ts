import { keyFeature } from '../../core/definition/features.ts';
import { fixed, text } from '../../core/definition/fields.ts';
import { count, last, max, mean, min, quantile } from '../../core/definition/measures.ts';
import { definePipeline } from '../../core/definition/pipeline.ts';
import { session, tumbling } from '../../core/definition/windows.ts';

const MINUTE_MS = 60_000;

/** Temperatures of sensors: a pipeline without money, with readings below zero. */
export const pipeline = definePipeline({
  name: 'sensors',
  version: 1,
  eventTypes: {
    reading: {
      description: 'One temperature, in degrees Celsius.',
      table: 'readings',
      key: 'sensor_id',
      fields: {
        sensor_id: text({ maxLength: 64 }),
        site: text({ optional: true, maxLength: 64 }),
        celsius: fixed({ scale: 2 }),
      },
    },
  },
  aggregates: {
    site_5m: {
      description: 'Temperatures of each site, every five minutes.',
      over: 'reading',
      window: tumbling(5 * MINUTE_MS),
      groupBy: [{ field: 'site', missing: 'unknown' }],
      measures: {
        count: count(),
        celsius_min: min('celsius'),
        celsius_max: max('celsius'),
        celsius_mean: mean('celsius'),
        celsius_p95: quantile('celsius', 0.95),
      },
    },
    sensor_session: {
      description: 'Times in which a sensor kept reporting, with pauses of at most ten minutes.',
      over: 'reading',
      window: session(10 * MINUTE_MS),
      groupBy: ['sensor_id'],
      measures: { count: count(), celsius_last: last('celsius') },
    },
  },
  features: {
    readings_1h: keyFeature({
      description: 'Earlier readings of the sensor in the last hour.',
      over: 'reading',
      measure: 'count',
      windowMs: 60 * MINUTE_MS,
      tileMs: MINUTE_MS,
    }),
  },
  decision: { over: 'reading', reviewPoints: 1, declinePoints: 10 },
});
