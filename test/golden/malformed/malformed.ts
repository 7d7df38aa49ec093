import { aggregates } from './aggregates.ts';
import type { MalformedCase } from './case.ts';
import { events } from './events.ts';

/** Every kind of malformed input, for the payments pipeline. Valid for arrival times from 2025 until the end of 2098. */
export const malformed: readonly MalformedCase[] = [...events, ...aggregates];
