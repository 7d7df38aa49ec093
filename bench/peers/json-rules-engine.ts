import { Engine } from 'json-rules-engine';
import { type Fact, RULES } from '../measures/rules-data.ts';

/** The ten rules in json-rules-engine; gives the ids of those that fire. */
export function jsonRules(): (fact: Fact) => Promise<string[]> {
  const engine = new Engine();
  for (const { id, json } of RULES) engine.addRule({ conditions: { all: [...json] }, event: { type: id } });
  return async (fact) => (await engine.run({ ...fact })).events.map(({ type }) => type);
}
