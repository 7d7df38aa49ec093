import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS, type ServiceName } from '../../lake/metrics.ts';

/** Key of a metric in `METRICS`. */
export type MetricKey = keyof typeof METRICS;

/** Collects the metrics of one call. */
export interface Meter {
  /** One value; several values of one metric are kept as such. */
  add(metric: MetricKey, value: number): void;
  /** Writes what was collected to the log in CloudWatch's embedded metric format. */
  publish(): void;
}

/** The meter of a function: its namespace is the installation's, its one dimension the service. */
export function openMeter(namespace: string, service: ServiceName): Meter {
  const metrics = new Metrics({ namespace, serviceName: service });
  return {
    add: (metric, value) => {
      const { name, unit } = METRICS[metric];
      metrics.addMetric(name, unit, value);
    },
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
