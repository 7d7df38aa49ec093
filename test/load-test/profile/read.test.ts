import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectedEvents, rateSegments } from '../../../load-test/profile/rate.ts';
import { constantProfile, parseProfile, readProfile } from '../../../load-test/profile/read.ts';
import { freshFolder } from '../../local/endpoint/with-endpoint.ts';

const phases = (...list: readonly string[]): string => `name: p\nphases:\n${list.map((one) => `  - { ${one} }\n`).join('')}`;
const ONE = 'start_s: 0, end_s: 10, rate: 5';

describe('a profile', () => {
  test.each([
    ['a negative rate', phases('start_s: 0, end_s: 10, rate: -5'), 'p.yaml: phases.0.rate: got -5; allowed: events a second in 0..1000000'],
    [
      'a gap',
      phases(ONE, 'start_s: 12, end_s: 20, rate: 5'),
      'phases[1].start_s leaves a gap from 10 s: got 12; allowed: 10; write a pause',
    ],
    ['a gap at the start', phases('start_s: 1, end_s: 10, rate: 5'), 'phases[0].start_s leaves a gap from 0 s'],
    ['an overlap', phases(ONE, 'start_s: 9, end_s: 20, rate: 5'), 'phases[1].start_s overlaps the phase before: got 9'],
    ['a phase without length', phases('start_s: 0, end_s: 0, rate: 5'), 'phases[0].end_s: got 0; allowed: a number above start_s, 0'],
    ['no rate at all', phases('start_s: 0, end_s: 10, rate: 0'), 'allowed: a rate above 0 in one of them'],
    ['neither phases nor replay', 'name: p', 'phases and replay: got "neither"'],
    ['both', `${phases(ONE)}replay: { input: a, speed: 1 }`, 'phases and replay: got "both"'],
    ['an unknown key', `${phases(ONE)}sped: 3`, 'p.yaml: unknown key: got "sped"; allowed: a mapping with name'],
    [
      'an unknown dial',
      `${phases(ONE)}events: { skw: 3 }`,
      'unknown key in events: got "skw"; allowed: a mapping with any of customers, terminals, skew',
    ],
    ['a share above 1', `${phases(ONE)}events: { duplicates: 3 }`, 'events.duplicates: got 3; allowed: a share in 0..1'],
    ['shares that are more than all', `${phases(ONE)}events: { duplicates: 0.9, poison: 0.2 }`, 'duplicates and poison together'],
    ['a repeated key', `${phases(ONE)}name: q`, 'p.yaml: no YAML: Map keys must be unique'],
    ['text', 'hello', 'p.yaml: the file: got "hello"; allowed: a mapping with name'],
  ])('with %s is refused in one line', (_name, text, message) => {
    expect(() => parseProfile(text, 'p.yaml')).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
    );
    expect(() => parseProfile(text, 'p.yaml')).not.toThrow(/\n/);
  });

  test.each(['constant', 'ramp', 'spike', 'soak', 'replay'])('%s is shipped', async (name) => {
    expect(await readProfile(name)).toMatchObject({ name });
  });

  test('that is not there is named, with what may stand instead', async () => {
    await expect(readProfile('sprint')).rejects.toThrow(
      '--profile: got "sprint"; allowed: a file that can be read, or a shipped profile (ENOENT)',
    );
  });

  test('of a replay finds its input beside itself', async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, 'r.yaml'), 'name: r\nreplay: { input: in.ndjson, speed: 2 }\n');
    expect((await readProfile(join(folder, 'r.yaml'))).replay).toEqual({ input: join(folder, 'in.ndjson'), speed: 2 });
  });

  test('takes settings on top, and refuses them as it refuses its own keys', () => {
    const { events } = constantProfile(5, 10, [
      'events.skew=1.5',
      'events.late.share=0.1',
      'events.frauds.customers.every_s=3',
      'events.frauds.customers.for_s=4',
      'events.frauds.customers.count=2',
    ]);
    expect(events).toMatchObject({ skew: 1.5, late: { share: 0.1, by_s: 900 }, frauds: { customers: { every_s: 3, for_s: 4, count: 2 } } });
    expect(() => constantProfile(5, 10, ['events.skew=x'])).toThrow('events.skew: got "x"; allowed: an exponent in 0..3');
    expect(() => constantProfile(5, 10, ['skew'])).toThrow('--set: got "skew"; allowed: PATH=VALUE');
  });
});

describe('the rate of a profile', () => {
  test('is cut where bursts begin and end, and has their events on top', () => {
    const segments = rateSegments(
      parseProfile(
        `${phases('start_s: 0, end_s: 60, rate: 100', 'start_s: 60, end_s: 90, rate: { from: 100, to: 0 }')}bursts: { every_s: 20, for_s: 2, factor: 5 }`,
        'p',
      ),
    );
    for (const [i, { startMs }] of segments.entries()) expect(startMs).toBe(segments[i - 1]?.endMs ?? 0);
    // 6,000 and 1,500 without bursts; bursts at 0, 20, 40, 60 and 80 s add four times 2 s of the rate there.
    const extra = 4 * 2 * (100 * 3 + (100 + 93.333_333) / 2 + (33.333_333 + 26.666_667) / 2);
    expect(expectedEvents(segments)).toBeCloseTo(7_500 + extra, 0);
  });
});
