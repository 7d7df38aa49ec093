import { describe, expect, test } from 'vitest';
import { durationText, liveLine, progressText } from '../../cli/progress.ts';

const PROGRESS = { events: 12_345, eventsPerSecond: 987.6, maxEventMs: 1_000_000, windowsClosed: 17, alerts: 3, cpuSeconds: 1 };

function terminal(isTTY: boolean, columns = 200): { isTTY: boolean; columns: number; text: string; write(part: string): void } {
  return {
    isTTY,
    columns,
    text: '',
    write(part) {
      this.text += part;
    },
  };
}

describe('the live line', () => {
  test('shows events, rate, lag, windows closed, alerts', () => {
    expect(progressText(PROGRESS, 1_001_500, 'lag')).toBe('12,345 events · 988 events/s · lag 1.5 s · 17 windows closed · 3 alerts');
  });

  test('of a file shows the event time it has come to', () => {
    expect(progressText(PROGRESS, 0, 'position')).toContain('· at 1970-01-01 00:16 ·');
  });

  test('says nothing of time before the first event', () => {
    expect(progressText({ ...PROGRESS, maxEventMs: null }, 0, 'lag')).not.toContain('lag');
  });

  test('is drawn at most five times a second', () => {
    const out = terminal(true);
    let now = 0;
    const line = liveLine(out, () => now, 'lag');
    for (; now < 1_000; now += 10) line.show(PROGRESS);
    expect(out.text.split('\r')).toHaveLength(1 + 5);
  });

  test('never fills the last column, where a terminal would wrap', () => {
    const out = terminal(true, 30);
    liveLine(out, () => 0, 'lag').show(PROGRESS);
    const visible = out.text.replace('\r', '').replace('\u001b[K', '');
    expect(visible).toHaveLength(29);
  });

  test('stays away where the output is no terminal; lasting lines do not', () => {
    const out = terminal(false);
    const line = liveLine(out, () => 0, 'lag');
    line.show(PROGRESS);
    line.say('Trying again');
    line.end();
    expect(out.text).toBe('Trying again\n');
  });

  test('makes room for lasting lines', () => {
    const out = terminal(true);
    const line = liveLine(out, () => 0, 'lag');
    line.show(PROGRESS);
    line.say('Trying again');
    expect(out.text.endsWith('\r\u001b[KTrying again\n')).toBe(true);
  });

  test('says durations in the unit that reads best', () => {
    expect([-5, 1_234, 59_949, 120_000, 7_200_000, 172_800_000].map(durationText)).toEqual([
      '0.0 s',
      '1.2 s',
      '59.9 s',
      '2 min',
      '2 h',
      '2 days',
    ]);
  });
});
