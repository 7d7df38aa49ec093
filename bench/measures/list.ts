import type { Measure } from '../harness/measure.ts';
import { handler, handlerJsonRules } from './handler.ts';

/** All measures, in the order in which they are made and shown. */
export const MEASURES: readonly Measure[] = [handler, handlerJsonRules];
