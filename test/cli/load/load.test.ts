import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../local/folder.ts';
import { headrace } from '../command-line.ts';

test('what cannot be loaded is one line and exit code 2', async () => {
  const folder = testFolder();
  const profile = join(folder, 'p.yaml');
  writeFileSync(profile, 'name: p\nphases:\n  - { start_s: 0, end_s: 5, rate: -1 }\n');
  const said = async (...args: string[]): Promise<string> => {
    const { code, err, out } = await headrace('load', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err.trim()).not.toContain('\n');
    return err;
  };
  expect(await said()).toContain('--rate: got "nothing"; allowed: events a second, or --profile FILE');
  expect(await said('--rate', '5')).toContain('--duration: got "nothing"');
  expect(await said('--profile', profile)).toContain('phases.0.rate: got -1; allowed: events a second');
  expect(await said('--profile', profile, '--rate', '5')).toContain('no --rate and no --duration beside it');
  expect(await said('--rate', '5', '--duration', '5', '--set', 'events.skew=9')).toContain(
    'events.skew: got 9; allowed: an exponent in 0..3',
  );
  expect(await said('--rate', '5', '--duration', '5', '--pipeline', 'examples/sensor-readings')).toContain('allowed: pipeline payments');
  expect(await said('--rate', '5', '--duration', '5', '--endpoint', 'http://127.0.0.1:1')).toContain('--endpoint: got');
  expect(await said('--rate', '5', '--duration', '5', '--stream', 's', '--data', folder)).toContain('no --stream beside --data');
});
