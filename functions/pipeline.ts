import { pipeline, rules } from 'headrace:pipeline';
import type { JudgingPipeline } from '../lake/rules/book.ts';
import { configError } from './errors.ts';

/** The pipeline and rules that this bundle was built with. Throws ConfigError if `name` asks for another one. */
export function pipelineNamed(name: string): JudgingPipeline {
  if (name === pipeline.name) return { pipeline, rules };
  throw configError(
    'variable HEADRACE_PIPELINE',
    name,
    `${pipeline.name}, which this function was built with`,
    'Build the functions for the pipeline, or name the one they have.',
  );
}
