import fc from 'fast-check';
import { commandsArbitrary, ensure, modelRowOf, SHARDS, type Side, tell } from './commands.ts';
import { WindowModel } from './model.ts';
import { WindowSystem } from './system.ts';
import { TIMES } from './ticks.ts';

/** What a check of the window operators did; `failure` is the smallest run that broke a law, with its seed. */
export interface WindowCheck {
  readonly runs: number;
  readonly commands: number;
  /** Events accepted and events late. */
  readonly accepted: number;
  readonly late: number;
  readonly rows: number;
  /** Rows told before the input ended. */
  readonly rows_before_end: number;
  readonly failure?: string;
}

/** Ends the input: every window is emitted, at a watermark just past the last one's end and lateness. */
function finish(side: Side, system: WindowSystem): void {
  const { watermarkMs, rows } = system.end();
  const all = side.model.rows();
  tell(side, rows.map(modelRowOf), watermarkMs);
  ensure(String(side.told.map(String).sort()) === String(all.map(String).sort()), 'every window is emitted', { told: side.told, all });
  if (watermarkMs === null) return;
  const least = side.model.least() ?? Number.NEGATIVE_INFINITY;
  const needed = Math.max(least, ...all.map(([, , , endMs]) => endMs + TIMES.lateness + 1));
  ensure(watermarkMs === needed, 'floors rise just enough', { watermarkMs, needed });
}

/** Runs random commands on the windows of the core and on their model side by side. The same seed gives the same runs. */
export function checkWindows({ runs, seed }: { readonly runs: number; readonly seed?: number }): WindowCheck {
  const done = { commands: 0, accepted: 0, late: 0, rows: 0, rows_before_end: 0 };
  const property = fc.property(commandsArbitrary, (commands) => {
    const system = new WindowSystem(SHARDS);
    const side: Side = { model: new WindowModel(SHARDS), told: [], late: 0 };
    fc.modelRun(() => ({ model: side, real: system }), commands);
    done.commands += [...commands].length;
    done.rows_before_end += side.told.length;
    finish(side, system);
    done.accepted += side.model.accepted.length;
    done.late += side.late;
    done.rows += side.told.length;
  });
  const details = fc.check(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
  return {
    runs: details.numRuns,
    ...done,
    ...(details.failed ? { failure: `${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}` } : {}),
  };
}
