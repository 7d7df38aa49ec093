import { parseArgs } from 'node:util';
import { Environment } from '@marcbachmann/cel-js';
import { Engine } from 'json-rules-engine';
import { compileCel } from '../core/cel/compile.ts';
import { type CelValue, type CelVariable, typeName } from '../core/cel/types.ts';
import { FACTS, type Fact, factsOf, RULES } from './measures/rules-data.ts';

/** Measures ten rules of a card stream, features ready: compiled conditions beside hand-written functions, another CEL, and json-rules-engine. */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    reps: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

/** What the other CEL takes as an event. */
class View {
  [name: string]: unknown;
}

/** A way to run the rules over some facts; gives how often each fired, in all. */
interface Runner {
  readonly name: string;
  /** Share of the events that it is given: slow ones see fewer. */
  readonly share: number;
  readonly run: (facts: readonly Fact[]) => Promise<number> | number;
}

const runners: readonly Runner[] = [compiled(), closures(), peerCel(), jsonRules()];
const facts = factsOf(Number(values.events));
await checkEqual();
const costs = new Map<string, number[]>(runners.map(({ name }) => [name, []]));
for (let rep = 0; rep < Number(values.reps); rep += 1) for (const runner of runners) costs.get(runner.name)?.push(await costOf(runner));
const median = (name: string): number =>
  (costs.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(Number(values.reps) / 2)] ?? Number.NaN;
const us = Object.fromEntries(runners.map(({ name }) => [name, Math.round(median(name) * 1_000) / 1_000]));
const ratio = (name: string): number => Math.round((median(name) / median('compiled')) * 10) / 10;
const ratios = { rules_vs_closures: ratio('closures'), rules_vs_cel: ratio('cel-js'), rules_vs_jre: ratio('json-rules-engine') };
process.stdout.write(values.json ? `${JSON.stringify({ cpu_us_per_event: us, ratios })}\n` : textOf());

function textOf(): string {
  const lines = Object.entries(us).map(([name, cost]) => `${name.padEnd(20)}${String(cost).padStart(10)} us of CPU an event\n`);
  return `${lines.join('')}${Object.entries(ratios)
    .map(([name, value]) => `${name.padEnd(20)}${String(value).padStart(10)} times\n`)
    .join('')}`;
}

/** All ways must say the same of each event before any of them is timed. */
async function checkEqual(): Promise<void> {
  const some = facts.slice(0, 3_000);
  for (const fact of some) {
    const said = await Promise.all(runners.map(({ run }) => run([fact])));
    if (new Set(said).size > 1) throw new Error(`they differ (${said.join(', ')}) about ${JSON.stringify(fact)}`);
  }
}

async function costOf({ run, share }: Runner): Promise<number> {
  const some = facts.slice(0, Math.round(facts.length * share));
  const before = process.cpuUsage();
  await run(some);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / some.length;
}

function compiled(): Runner {
  const variables = FACTS.map(({ name, type }, index): CelVariable => ({ path: `event.${name}`, type, index, isRequired: true }));
  const byPath = new Map(variables.map((one) => [one.path, one]));
  const conditions = RULES.map(({ condition }) => compileCel(condition, byPath, 'bool'));
  const names = FACTS.map(({ name }) => name);
  const input: CelValue[] = [];
  return {
    name: 'compiled',
    share: 1,
    run: (all) => {
      let fired = 0;
      for (const fact of all) {
        for (let i = 0; i < names.length; i += 1) input[i] = fact[names[i] ?? ''] as CelValue;
        for (const condition of conditions) if (condition.evaluate(input) === true) fired += 1;
      }
      return fired;
    },
  };
}

function closures(): Runner {
  return {
    name: 'closures',
    share: 1,
    run: (all) => {
      let fired = 0;
      for (const fact of all) for (const { closure } of RULES) if (closure(fact)) fired += 1;
      return fired;
    },
  };
}

function peerCel(): Runner {
  const fields = Object.fromEntries(FACTS.map(({ name, type }) => [name, typeName(type)]));
  const environment = new Environment().registerType('Event', { ctor: View, fields }).registerVariable('event', 'Event');
  const conditions = RULES.map(({ condition }) => environment.parse(condition));
  const ints = new Set(FACTS.filter(({ type }) => type === 'int').map(({ name }) => name));
  return {
    name: 'cel-js',
    share: 0.2,
    run: (all) => {
      let fired = 0;
      for (const fact of all) {
        const event = new View();
        for (const { name } of FACTS) event[name] = ints.has(name) ? BigInt(fact[name] as number) : fact[name];
        for (const condition of conditions) if (condition({ event }) === true) fired += 1;
      }
      return fired;
    },
  };
}

function jsonRules(): Runner {
  const engine = new Engine();
  for (const { id, json } of RULES) engine.addRule({ conditions: { all: [...json] }, event: { type: id } });
  return {
    name: 'json-rules-engine',
    share: 0.02,
    run: async (all) => {
      let fired = 0;
      for (const fact of all) fired += (await engine.run({ ...fact })).events.length;
      return fired;
    },
  };
}
