import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { paymentsOf, wireText } from '../../bench/cards/events.ts';
import { payloadsOf } from '../../bench/cards/records.ts';
import { createBaseline } from '../../bench/peers/baseline/handler.ts';

const EVENTS = 30_000;
/** Where the comparison that this one is modelled on lies, on machines that have it. */
const FIXED = ['..', '../..'].map((up) => resolve(up, 'shared', 'bench', 'baseline-e2e.mjs')).find((path) => existsSync(path));

/** The same payment without a type, names in camelCase, as that one takes it. */
function camelText(line: string): string {
  const { type: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const renamed = Object.entries(fields).map(([name, value]) => [
    name.replace(/_(\w)/g, (_found, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return JSON.stringify(Object.fromEntries(renamed));
}

test.skipIf(FIXED === undefined)(
  'sliding, our usual handler raises as many alerts and closes as many groups as the fixed one (left out where ../shared/bench is not there)',
  async () => {
    const lines: string[] = [];
    for (const payment of paymentsOf(1)) if (lines.push(wireText(payment)) === EVENTS) break;
    const folder = mkdtempSync(join(tmpdir(), 'headrace-fixed-'));
    try {
      // It finds its packages from where it lies.
      copyFileSync(FIXED ?? '', join(folder, 'fixed.mjs'));
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'events.ndjson'), `${lines.map(camelText).join('\n')}\n`);
      const args = [join(folder, 'fixed.mjs'), 'closures', join(folder, 'events.ndjson'), String(EVENTS), '0'];
      const said = execFileSync(process.execPath, args, { encoding: 'utf8' });
      const fixed = JSON.parse(said.trim().split('\n').at(-1) ?? '') as { readonly alerts: number; readonly groups: number };
      const ours = createBaseline({ packing: 'plain', judge: 'closures', meaning: 'sliding' });
      for (const payload of payloadsOf(
        lines.map((line) => Buffer.from(line)),
        'plain',
      ))
        await ours.handle(payload);
      expect({ alerts: ours.firings.length, groups: ours.groups.length }).toEqual({ alerts: fixed.alerts, groups: fixed.groups });
      expect(fixed.alerts).toBeGreaterThan(1_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  180_000,
);
