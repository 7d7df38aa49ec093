import type { Fault } from '../../simulation/faults.ts';
import type { Swarm } from '../../simulation/swarm.ts';

/** A test of the project: its file, and the titles on the way to it joined by ` > ` as vitest prints them. */
export interface CitedTest {
  readonly file: string;
  readonly name: string;
  /** For a table of cases: the ones that count here, as they stand in the file or in the malformed inputs. */
  readonly cases?: readonly string[];
}

/** What schedules of the simulator vary: a fault of its plan, a share of odd events, or where batches are cut. */
export type Simulated = Fault | `${keyof Swarm['shares']} events` | 'batch size';

/** Tests, and where the simulator meets the fault: as which one, and the planted bugs that show it would be seen. */
export interface ShownByTests {
  readonly tests: readonly CitedTest[];
  readonly simulated?: readonly Simulated[];
  readonly mutants?: readonly string[];
}

/** How it is known what happens. */
export type Shown = ShownByTests | { readonly byConstruction: string } | { readonly outOfModel: string };

/** One fault of the catalogue. */
export interface CataloguedFault {
  readonly number: number;
  readonly fault: string;
  /** What happens in Headrace. */
  readonly outcome: string;
  readonly shown: Shown;
}

/** The test that plays schedules with every fault of the simulator; `npm run simulate` plays as many as asked for. */
export const SIMULATE: CitedTest = {
  file: 'test/simulation/simulate.slow.test.ts',
  name: 'npm run simulate > schedules lose nothing, repeat nothing and come to an end; a seed repeats its run exactly',
};

/** A test by file and name; `cases` are those of its table that count. */
export function cite(file: string, name: string, ...cases: readonly string[]): CitedTest {
  return { file: `test/${file}`, name, ...(cases.length === 0 ? {} : { cases }) };
}

/** A row of the malformed inputs: each ends in quarantine with its code. */
export function malformed(...cases: readonly string[]): CitedTest {
  return cite('golden/malformed/malformed.test.ts', 'malformed input > %s', ...cases);
}
