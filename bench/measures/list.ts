import type { Measure } from '../harness/measure.ts';
import { flink } from './flink.ts';
import { generator } from './generator.ts';
import { handler, handlerJsonRules } from './handler.ts';
import { kpl } from './kpl.ts';
import { parquet } from './parquet.ts';
import { parse } from './parse.ts';
import { rules } from './rules.ts';
import { run } from './run.ts';
import { windows } from './windows.ts';

/** All measures, in the order in which they are made and shown: a new one is a file of this folder and a line here. */
export const MEASURES: readonly Measure[] = [parse, windows, rules, kpl, handler, handlerJsonRules, parquet, generator, run, flink];
