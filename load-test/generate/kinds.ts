/** What a generated event is meant to be; the pipeline must come to the same. Its number is its place here. */
export const KINDS = ['transaction', 'label', 'duplicate', 'malformed', 'late'] as const;

/** One of `KINDS`. */
export type EventKind = (typeof KINDS)[number];

/** Fraud scenarios of the fraud detection handbook, in its order. */
export const SCENARIOS = ['large-amount', 'compromised-terminal', 'compromised-customer'] as const;

/** Numbers of kinds. */
export const KIND = { transaction: 0, label: 1, duplicate: 2, malformed: 3, late: 4 } as const satisfies Record<EventKind, number>;
