import { compileCel } from '../../core/cel/compile.ts';
import type { CelValue, CelVariable } from '../../core/cel/types.ts';
import { cpuOf, type Measure, type Outcome, type Work } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';
import { digestOf } from '../harness/tally.ts';
import { FACTS, type Fact, factsOf, RULES } from './rules-data.ts';

/** Ids of the rules that fire. */
type Judge = (fact: Fact) => readonly string[];

/** The conditions as the product compiles them. */
function compiled(): Judge {
  const variables = FACTS.map(({ name, type }, index): CelVariable => ({ path: `event.${name}`, type, index, isRequired: true }));
  const byPath = new Map(variables.map((one) => [one.path, one]));
  const conditions = RULES.map(({ id, condition }) => ({ id, condition: compileCel(condition, byPath, 'bool') }));
  const names = FACTS.map(({ name }) => name);
  const input: CelValue[] = [];
  return (fact) => {
    for (let i = 0; i < names.length; i += 1) input[i] = fact[names[i] ?? ''] as CelValue;
    const fired: string[] = [];
    for (const { id, condition } of conditions) if (condition.evaluate(input) === true) fired.push(id);
    return fired;
  };
}

function closures(): Judge {
  return (fact) => {
    const fired: string[] = [];
    for (const { id, closure } of RULES) if (closure(fact)) fired.push(id);
    return fired;
  };
}

/** All ways judge the first events, which is compared; slow ones are timed on a share of the others. */
const COMPARED = 3_000;

async function measured({ events }: Work, share: number, judge: (fact: Fact) => readonly string[] | Promise<string[]>): Promise<Outcome> {
  const all = factsOf(COMPARED + events);
  const lines: string[] = [];
  for (const [i, fact] of all.slice(0, COMPARED).entries()) for (const id of await judge(fact)) lines.push(`${i} ${id}`);
  const some = all.slice(COMPARED, COMPARED + Math.round(events * share));
  let fired = 0;
  const { cpuUs } = await cpuOf(async () => {
    for (const fact of some) {
      const answer = judge(fact);
      // Only what answers later is waited for.
      fired += (answer instanceof Promise ? await answer : answer).length;
    }
  });
  if (fired === 0) throw new Error('no rule fired: nothing was measured');
  return { events: some.length, cpuUs, result: { exact: { fired: lines.length, digest: digestOf(lines) } } };
}

/** Ten rules of a card stream, features ready. */
export const rules: Measure = {
  name: 'rules',
  title: 'Rules: ten conditions, features ready',
  sizes: {
    guard: { events: 100_000, warmUp: 0, reps: 3 },
    quick: { events: 100_000, warmUp: 0, reps: 3 },
    full: { events: 400_000, warmUp: 0, reps: 7 },
  },
  variants: {
    product: { run: (work) => measured(work, 1, compiled()) },
    closures: { run: (work) => measured(work, 1, closures()) },
    'cel-js': {
      run: async (work) => measured(work, 0.2, (await import('../peers/cel-js.ts')).celRules()),
      isMissing: packagesMissing('@marcbachmann/cel-js'),
    },
    'json-rules-engine': {
      run: async (work) => measured(work, 0.02, (await import('../peers/json-rules-engine.ts')).jsonRules()),
      isMissing: packagesMissing('json-rules-engine'),
    },
  },
  ratios: [
    { name: 'rules_vs_jre', ours: 'product', theirs: 'json-rules-engine', target: 200 },
    { name: 'rules_vs_cel', ours: 'product', theirs: 'cel-js', target: 5 },
    { name: 'rules_vs_closures', ours: 'product', theirs: 'closures' },
  ],
};
