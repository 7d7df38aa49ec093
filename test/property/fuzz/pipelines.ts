import { createParser } from '../../../core/events/parser.ts';
import type { Parsed, RawEvent } from '../../../core/model.ts';
import { pipeline as sensors } from '../../../examples/sensor-readings/pipeline.ts';
import { pipeline as payments } from '../../../pipelines/payments/pipeline.ts';

/** Pipelines whose events are fuzzed. */
export const PIPELINES = { payments, sensors } as const;

export type PipelineName = keyof typeof PIPELINES;

export const PARSERS: Readonly<Record<PipelineName, (raw: RawEvent) => Parsed>> = {
  payments: createParser(payments),
  sensors: createParser(sensors),
};

/** One input: data of one stream record, and the pipeline that reads it. */
export interface FuzzInput {
  readonly pipeline: PipelineName;
  readonly data: Buffer;
}
