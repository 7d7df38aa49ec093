import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { timeOf } from '../times.ts';

/** Whom alerts are about, as people write it: FIELD=VALUE, or the value alone, which is then the key of the judged events. */
export function entityOf(text: string | undefined, { decision, eventTypes }: Pipeline): { readonly field: string; readonly value: string } {
  const type = eventTypes[decision?.over ?? ''];
  if (type === undefined) throw usageError('alerts', 'a pipeline that judges nothing', 'a pipeline with a decision');
  if (text === undefined) throw usageError('entity', 'nothing', `FIELD=VALUE such as ${type.key}=ada, or a value of ${type.key} alone`);
  const [, field, value] = /^([a-z][a-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  if (field !== undefined && value !== undefined && Object.hasOwn(type.fields, field)) return { field, value };
  return { field: type.key, value: text };
}

const SPAN = /^([1-9]\d{0,3})([hd])$/;
const UNITS_MS = { h: 3_600_000, d: 86_400_000 };

/** Reads an end: a moment, or a time from now such as 8h or 3d. Throws UsageError. */
export function endOf(flag: string, text: string, nowMs: number): number {
  const [, count, unit] = SPAN.exec(text) ?? [];
  return count === undefined ? timeOf(flag, text) : nowMs + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
