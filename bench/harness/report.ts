import type { Measure, Outcome, RatioSpec } from './measure.ts';
import type { Runs } from './side-by-side.ts';
import { ratiosOf, type Spread, spreadOf } from './stats.ts';

/** One way of a measure: what it costs, or why it is not there. */
export interface WayReport {
  readonly name: string;
  /** CPU time an event, µs. */
  readonly usPerEvent?: Spread;
  readonly figures?: Readonly<Record<string, Spread>>;
  readonly missing?: string;
}

/** A ratio, or an absolute figure that stands among ratios; `reason` where it could not be measured. */
export interface FigureReport {
  readonly name: string;
  readonly spread?: Spread;
  readonly reason?: string;
  readonly target?: number;
  /** True for figures that are better the smaller they are. */
  readonly isAbsolute: boolean;
}

/** What came of one measure. */
export interface MeasureReport {
  readonly name: string;
  readonly title: string;
  readonly events: number;
  readonly ways: readonly WayReport[];
  readonly figures: readonly FigureReport[];
}

/** The figures that stand in the last line, in this order; all others are told before. */
export const STATED = [
  ...['parse_vs_zod', 'parse_vs_json', 'windows_vs_npm', 'rules_vs_jre', 'rules_vs_cel', 'kpl_vs_agg', 'handler_vs_baseline'],
  ...['handler_kpl_vs_baseline', 'handler_p99_vs_baseline', 'parquet_vs_duckdb', 'parquet_vs_parquetjs', 'handler_vs_flink_heap'],
  ...['durable_vs_flink_rocksdb', 'run_us_per_event'],
] as const;

/** What a measure's runs say. */
export function reportOf(measure: Measure, { outcomes, missing }: Runs): MeasureReport {
  const ways = Object.keys(measure.variants).map((name): WayReport => {
    const runs = outcomes.get(name);
    return runs === undefined ? { name, missing: missing.get(name) ?? 'not run' } : wayOf(name, runs);
  });
  const events = Math.max(0, ...[...outcomes.values()].flatMap((runs) => runs.map((one) => one.events)));
  const figures = [
    ...measure.ratios.map((spec) => ratioOf(spec, { outcomes, missing })),
    ...(measure.absolutes ?? []).map(({ name, of, target }): FigureReport => {
      const runs = outcomes.get(of) ?? [];
      return { name, spread: spreadOf(runs.map(costOf)), target, isAbsolute: true };
    }),
  ];
  return { name: measure.name, title: measure.title, events, ways, figures };
}

function wayOf(name: string, runs: readonly Outcome[]): WayReport {
  const names = Object.keys(runs[0]?.figures ?? {});
  const figures = Object.fromEntries(names.map((figure) => [figure, spreadOf(runs.map((one) => one.figures?.[figure] ?? Number.NaN))]));
  return { name, usPerEvent: spreadOf(runs.map(costOf)), ...(names.length === 0 ? {} : { figures }) };
}

function costOf({ cpuUs, events }: Outcome): number {
  return cpuUs / events;
}

function ratioOf({ name, ours, theirs, figure, target }: RatioSpec, { outcomes, missing }: Runs): FigureReport {
  const base = { name, ...(target === undefined ? {} : { target }), isAbsolute: false };
  const [mine, others] = [outcomes.get(ours), outcomes.get(theirs)];
  if (mine === undefined || others === undefined) return { ...base, reason: missing.get(theirs) ?? missing.get(ours) ?? 'not run' };
  const figureOf = (one: Outcome): number => (figure === undefined ? costOf(one) : (one.figures?.[figure] ?? Number.NaN));
  return { ...base, spread: ratiosOf(mine.map(figureOf), others.map(figureOf)) };
}

/** The last line of `--json`, as a value: each stated figure, null with a reason beside it where it could not be measured. */
export function statedOf(reports: readonly MeasureReport[], leftOut: (name: string) => string) {
  const figures = new Map(reports.flatMap((one) => one.figures.map((figure) => [figure.name, figure] as const)));
  const value = (name: string): number | null => {
    const median = figures.get(name)?.spread?.median;
    return median === undefined ? null : Number(median.toPrecision(3));
  };
  const ratios = Object.fromEntries(STATED.map((name) => [name, value(name)]));
  const unmeasured = STATED.filter((name) => ratios[name] === null);
  return { unmeasured: Object.fromEntries(unmeasured.map((name) => [name, figures.get(name)?.reason ?? leftOut(name)])), ratios };
}
