import { maskText } from '../core/cards/mask.ts';
import type { RunProgress } from '../local/runtime/run.ts';
import { countText } from './output.ts';

/** What the live line needs of a terminal. */
export interface LineOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A line that is drawn again and again in one place. */
export interface LiveLine<T = RunProgress> {
  /** Draws the line unless it was drawn a moment ago. */
  show(progress: T): void;
  /** Writes a lasting line above the live one. */
  say(line: string): void;
  /** Ends the live line, so that what follows starts on a line of its own. */
  end(): void;
}

/** A line is drawn at most five times a second: faster cannot be read. */
const REDRAW_MS = 200;
const COLUMNS_DEFAULT = 80;
const DAY_MS = 86_400_000;

/** What the line says of time: how far events lag behind now, or which event time a file has come to. */
export type TimeShown = 'lag' | 'position';

/** Makes the live line of a pipeline's progress. */
export function liveLine(out: LineOutput, clock: () => number, shown: TimeShown): LiveLine {
  return terminalLine(out, clock, (progress, now) => progressText(progress, now, shown));
}

/** Makes the live line of a terminal; where the output is no terminal, only lasting lines are written. */
export function terminalLine<T>(out: LineOutput, clock: () => number, textOf: (progress: T, nowMs: number) => string): LiveLine<T> {
  const isLive = out.isTTY === true;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) out.write('\r\u001b[K');
    isDrawn = false;
  };
  return {
    show: (progress) => {
      const now = clock();
      if (!isLive || now - drawnMs < REDRAW_MS) return;
      drawnMs = now;
      isDrawn = true;
      // One column short: a full line would wrap, and \r comes back to its second half only.
      out.write(`\r${textOf(progress, now).slice(0, (out.columns ?? COLUMNS_DEFAULT) - 1)}\u001b[K`);
    },
    say: (line) => {
      clear();
      // What is said may quote the input that it is about.
      out.write(`${maskText(line)}\n`);
    },
    end: () => {
      if (isDrawn) out.write('\n');
      isDrawn = false;
    },
  };
}

/** The live line in words: events, rate, lag or event time, windows closed, alerts. */
export function progressText(progress: RunProgress, nowMs: number, shown: TimeShown): string {
  const { events, eventsPerSecond, maxEventMs, windowsClosed, alerts } = progress;
  const time = maxEventMs === null ? [] : [shown === 'lag' ? `lag ${durationText(nowMs - maxEventMs)}` : `at ${minuteText(maxEventMs)}`];
  const rate = `${countText(Math.round(eventsPerSecond))} events/s`;
  return [`${countText(events)} events`, rate, ...time, `${countText(windowsClosed)} windows closed`, `${countText(alerts)} alerts`].join(
    ' · ',
  );
}

function minuteText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** A duration in the unit that reads best, such as `1.2 s` or `3 min`; what lies in the future is no lag. */
export function durationText(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 2 * DAY_MS ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / DAY_MS)} days`;
}
