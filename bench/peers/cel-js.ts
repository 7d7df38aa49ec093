import { Environment } from '@marcbachmann/cel-js';
import { typeName } from '../../core/cel/types.ts';
import { FACTS, type Fact, RULES } from '../measures/rules-data.ts';

/** What it takes as an event. */
class View {
  [name: string]: unknown;
}

/** The ten rules in another implementation of CEL; gives the ids of those that fire. */
export function celRules(): (fact: Fact) => string[] {
  const fields = Object.fromEntries(FACTS.map(({ name, type }) => [name, typeName(type)]));
  const environment = new Environment().registerType('Event', { ctor: View, fields }).registerVariable('event', 'Event');
  const conditions = RULES.map(({ id, condition }) => ({ id, holds: environment.parse(condition) }));
  const ints = new Set(FACTS.filter(({ type }) => type === 'int').map(({ name }) => name));
  return (fact) => {
    const event = new View();
    for (const { name } of FACTS) event[name] = ints.has(name) ? BigInt(fact[name] as number) : fact[name];
    return conditions.flatMap(({ id, holds }) => (holds({ event }) === true ? [id] : []));
  };
}
