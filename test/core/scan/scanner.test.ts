import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildScanner, wasmText } from '../../../functions/bundle/scanner.ts';

test('the scanner is the one that its source makes', async () => {
  const kept = readFileSync(new URL('../../../core/scan/wasm.ts', import.meta.url), 'utf8');
  expect(wasmText(await buildScanner())).toBe(kept);
});
