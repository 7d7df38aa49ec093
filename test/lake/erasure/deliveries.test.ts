import { expect, test } from 'vitest';
import { tableMasksOf } from '../../../lake/erasure/rows.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { maskSnoozes, readSnoozes, SNOOZES_KEY } from '../../../lake/snoozes.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

const subject = subjectOf(pipeline, 'customer_id', 'ada', new Uint8Array(32));

test('what became of the alerts of an erased key stays, without the key and without the case that is named after it', () => {
  const mask = tableMasksOf(pipeline, subject, { rules: [], blobs: 'bytes' }).find(({ table }) => table.name === 'alert_deliveries');
  expect(mask?.where).toContain('ada');
  const row = { alert_id: 'dear/ada/e1', event_id: 'e1', rule_id: 'dear', customer_id: 'ada', case_id: 'f00-1', delivery: 'told' };
  expect(mask?.patch(row)).toEqual({ alert_id: `dear/${subject.pseudonym}/e1`, customer_id: subject.pseudonym, case_id: null });
});

test('snoozes of an erased key hold nothing back any more and say neither who nor why', async () => {
  const objects = new MemoryObjectStore();
  const one = { field: 'customer_id', value: 'ada', fromMs: 0, untilMs: 9, by: 'eve', why: 'ada is on holiday' };
  const other = { ...one, value: 'bob', why: 'test' };
  await objects.put(SNOOZES_KEY, new TextEncoder().encode(JSON.stringify([one, other])));
  await maskSnoozes(objects, subject);
  expect(await readSnoozes(objects)).toEqual([{ ...one, value: subject.pseudonym, why: 'erased' }, other]);
});
