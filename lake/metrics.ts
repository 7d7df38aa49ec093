/** What a metric counts in, as CloudWatch spells it. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Bytes';

/** One metric that the functions emit: the namespace is the installation's, the one dimension `service` the function's name. */
export interface MetricSpec {
  readonly name: string;
  readonly unit: MetricUnit;
  /** Function that emits it, the value of the dimension `service`. */
  readonly service: ServiceName;
  readonly description: string;
}

/** The functions of an installation by the name of their folder. */
export const SERVICES = [
  'process-stream',
  'close-windows',
  'deliver-alerts',
  'register-partitions',
  'compact',
  'backfill',
  'forget',
] as const;
/** Name of a function. */
export type ServiceName = (typeof SERVICES)[number];

const count = (service: ServiceName, name: string, description: string): MetricSpec => ({ name, unit: 'Count', service, description });

/** Metrics by the name that code uses; emitting, alarms and dashboards all read this list. */
export const METRICS = {
  seen: count('process-stream', 'EventsSeen', 'Events that a batch finished with.'),
  accepted: count('process-stream', 'EventsAccepted', 'Of these, the accepted.'),
  late: count('process-stream', 'EventsLate', 'Of these, the late.'),
  duplicate: count('process-stream', 'EventsDuplicate', 'Of these, the repeats.'),
  quarantined: count('process-stream', 'EventsQuarantined', 'Of these, the quarantined.'),
  approved: count('process-stream', 'DecisionsApprove', 'Decisions to approve.'),
  reviewed: count('process-stream', 'DecisionsReview', 'Decisions to review.'),
  declined: count('process-stream', 'DecisionsDecline', 'Decisions to decline.'),
  alertsFired: count('process-stream', 'AlertsFired', 'Firings of active rules.'),
  eventLag: {
    name: 'EventLag',
    unit: 'Milliseconds',
    service: 'process-stream',
    description: 'Processing time less event time of the newest event of a batch.',
  },
  stateItemBytes: {
    name: 'StateItemBytes',
    unit: 'Bytes',
    service: 'process-stream',
    description: 'Largest state item that a batch wrote.',
  },
  windowsClosed: count('close-windows', 'WindowsClosed', 'Windows emitted by a round.'),
  watermarkLag: {
    name: 'WatermarkLag',
    unit: 'Milliseconds',
    service: 'close-windows',
    description: 'Processing time less the watermark behind which every window is closed.',
  },
  alertsTold: count('deliver-alerts', 'AlertsTold', 'Alerts that were told by themselves. These four add up to the alerts fired.'),
  alertsFolded: count('deliver-alerts', 'AlertsFolded', 'Alerts that go out in the summary of their case.'),
  alertsSnoozed: count('deliver-alerts', 'AlertsSnoozed', 'Alerts that a snooze held back.'),
  alertsOverBudget: count('deliver-alerts', 'AlertsOverBudget', 'Alerts that the budget of the day had no case for.'),
  alertsDelivered: count('deliver-alerts', 'AlertsDelivered', 'Alerts and summaries that a subscriber took.'),
  alertsWaiting: count('deliver-alerts', 'AlertsWaiting', 'Alerts and summaries that a subscriber has not taken yet.'),
  circuitOpen: count('deliver-alerts', 'CircuitOpen', '1 while a subscriber is given a rest after failures, else 0.'),
  partitionsCompacted: count('compact', 'PartitionsCompacted', 'Hours of tables that became a new generation.'),
  compactionsFailed: count('compact', 'CompactionsFailed', 'Hours that could not be compacted; what they had stays published.'),
  repeatsDropped: count('compact', 'RepeatsDropped', 'Rows that had landed more than once.'),
  oldestWaiting: {
    name: 'OldestWaiting',
    unit: 'Milliseconds',
    service: 'compact',
    description: 'Age of the oldest landing file that no generation includes.',
  },
  partitionsRegistered: count('register-partitions', 'PartitionsRegistered', 'Hours added to the catalogue.'),
} as const satisfies Readonly<Record<string, MetricSpec>>;
