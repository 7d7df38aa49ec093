import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';

const CORE = pathToFileURL(resolve('core/definition')).href;
const PLAIN = `
  import { definePipeline } from '${CORE}/pipeline.ts';
  import { count } from '${CORE}/measures.ts';
  import { text } from '${CORE}/fields.ts';
  import { tumbling } from '${CORE}/windows.ts';
  export const pipeline = definePipeline({
    name: 'plain', version: 1,
    eventTypes: { tick: { description: 'A tick.', table: 'ticks', key: 'clock', fields: { clock: text({ maxLength: 9 }) } } },
    aggregates: { ticks_1s: { description: 'Ticks.', over: 'tick', window: tumbling(SIZE), groupBy: ['clock'], measures: { count: count() } } },
  });`;

function folder(pipelineTs: string | undefined, rule?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  if (pipelineTs !== undefined) writeFileSync(join(dir, 'pipeline.ts'), pipelineTs);
  if (rule !== undefined) {
    mkdirSync(join(dir, 'rules'));
    writeFileSync(join(dir, 'rules', 'rule.yaml'), rule);
  }
  return dir;
}

async function lineOf(dir: string): Promise<string> {
  const error: unknown = await loadPipeline(dir).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'UsageError' });
  return error instanceof Error ? error.message : '';
}

describe('a pipeline folder', () => {
  test.each(['pipelines/payments', 'examples/sensor-readings'])('%s gives its definition and its rules', async (dir) => {
    const { pipeline, rules } = await loadPipeline(dir);
    expect(Object.keys(pipeline.eventTypes)).not.toEqual([]);
    expect(rules.rules).not.toEqual([]);
    expect(rules.version).toMatch(/^[0-9a-f]{12}$/);
  });

  test('needs no rules where nothing is decided', async () => {
    const { pipeline, rules } = await loadPipeline(folder(PLAIN.replace('SIZE', '1000')));
    expect(pipeline.name).toBe('plain');
    expect(rules).toEqual({ rules: [], lists: [], version: '' });
  });

  test('is refused in one line: no folder, no export, another export, a broken file, a broken definition', async () => {
    expect(await lineOf('nowhere')).toContain('pipeline folder: got "nowhere"');
    expect(await lineOf(folder(undefined))).toContain('a folder with a file pipeline.ts');
    expect(await lineOf(folder('export const other = 1;'))).toContain('export named pipeline: got "nothing"');
    expect(await lineOf(folder('export const pipeline = { name: "x" };'))).toContain('export named pipeline: got "object"');
    expect(await lineOf(folder('export const pipeline = ;'))).toContain('not loadable');
    expect(await lineOf(folder('throw new Error("first\\nsecond");'))).not.toContain('\n');
    expect(await lineOf(folder(PLAIN.replace('SIZE', '0')))).toContain('aggregates.ticks_1s.window.sizeMs: got 0');
  });

  test('is refused when it has rules and decides nothing', async () => {
    const rule = `id: a\nversion: 1\nowner: x\nstatus: active\ndescription: x\non: tick\ncondition: 'true'\npoints: 1\nreason: x\nalert:\n  group_by: clock\n  cool_down: 1h\n`;
    expect(await lineOf(folder(PLAIN.replace('SIZE', '1000'), rule))).toContain('declares no decision');
  });
});
