import { usageError } from '../../../core/errors.ts';
import { formatTime } from '../../../core/events/timestamp.ts';
import type { Cut } from '../../../core/scorecard/training.ts';
import { daysOf, timeOf } from '../../times.ts';

/** Times of a fit as they are asked for. */
export interface RangeFlags {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly 'known-by': string | undefined;
  readonly 'label-delay': string;
  readonly 'test-from': string | undefined;
  readonly 'test-to': string | undefined;
}

/** What is learnt from, and what it is tested on. */
export interface FitRange {
  readonly labelDelayDays: number;
  /** Rows of the table. */
  readonly cut: Cut;
  /** Rows of the table that is tested: those of `cut`, or what was known when the test begins. */
  readonly testCut: Cut;
  readonly testFromMs: number;
  readonly testToMs: number;
}

const DAY_MS = 86_400_000;
const TEST_MS = 7 * DAY_MS;

/** Reads the times. Throws UsageError for a range whose labels are not known at the cut-off, and for a test before it. */
export function rangeOf(flags: RangeFlags): FitRange {
  const labelDelayDays = daysOf('--label-delay', flags['label-delay']);
  const knownByMs = timeOf('--known-by', flags['known-by'] ?? 'nothing');
  const fromMs = timeOf('--from', flags.from ?? 'nothing');
  const lastMs = knownByMs - labelDelayDays * DAY_MS;
  const toMs = flags.to === undefined ? lastMs : timeOf('--to', flags.to);
  if (toMs > lastMs)
    throw usageError(
      '--to',
      flags.to,
      `at most ${formatTime(lastMs)}: labels of later events are not yet known at the cut-off, --known-by`,
    );
  if (fromMs >= toMs) throw usageError('--from', flags.from, `a time before the end of the range, ${formatTime(toMs)}`);
  const cut = { fromMs, toMs, knownByMs };
  if (flags['test-from'] === undefined) return { labelDelayDays, cut, ...heldOut(cut, labelDelayDays, flags['test-to']) };
  const testFromMs = timeOf('--test-from', flags['test-from']);
  if (testFromMs < knownByMs)
    throw usageError('--test-from', flags['test-from'], `${formatTime(knownByMs)} or later: a table is no news to what it was learnt from`);
  const testToMs = flags['test-to'] === undefined ? testFromMs + TEST_MS : timeOf('--test-to', flags['test-to']);
  if (testToMs <= testFromMs) throw usageError('--test-to', flags['test-to'], `a time after --test-from, ${formatTime(testFromMs)}`);
  return { labelDelayDays, cut, testCut: cut, testFromMs, testToMs };
}

/** The last week of the range, and what was known when it began. */
function heldOut(
  { fromMs, toMs }: Cut,
  labelDelayDays: number,
  testTo: string | undefined,
): Pick<FitRange, 'testCut' | 'testFromMs' | 'testToMs'> {
  if (testTo !== undefined) throw usageError('--test-to', testTo, 'nothing without --test-from');
  const testFromMs = toMs - TEST_MS;
  const shortMs = fromMs + labelDelayDays * DAY_MS + TEST_MS;
  if (toMs <= shortMs)
    throw usageError(
      'range',
      `up to ${formatTime(toMs)}`,
      `one that ends after ${formatTime(shortMs)}, so that its last week can be held out; or --test-from`,
    );
  return { testCut: { fromMs, toMs: testFromMs - labelDelayDays * DAY_MS, knownByMs: testFromMs }, testFromMs, testToMs: toMs };
}
