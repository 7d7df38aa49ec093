import { UsageError } from '../../core/errors.ts';
import type { Definition, State } from '../../functions/backfill/workflow/language.ts';
import { DEFINITION_FIELDS, type Field, type Shape, STATE_FIELDS } from './fields.ts';

/** Values of payload templates that name something in the state data or the context. */
const TEMPLATE_PATH = /^(\$(\.\w+)+|\$\$\.Execution\.Name|\$\$\.Task\.Token|States\.Format\('[^'\\]*'(, \$\$?(\.\w+)+)*\))$/;

function refuse(where: string, received: unknown, allowed: string): UsageError {
  const shown = (JSON.stringify(received) ?? 'nothing').slice(0, 200);
  return new UsageError(`workflow definition: ${where}: got ${shown}; the one-machine mode runs: ${allowed}`);
}

/**
 * Reads the text of a definition. Throws UsageError for whatever would be passed over in silence or run otherwise than by the service:
 * an unknown field, a value that is not run, a state that is not there.
 */
export function readDefinition(text: string): Definition {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`workflow definition: not readable as JSON: ${String(error)}`, { cause: error });
  }
  if (!isObject(value)) throw refuse('the whole', value, 'one JSON object');
  checkFields(value, DEFINITION_FIELDS, 'definition');
  return checkStates(value, '');
}

function checkStates(machine: Record<string, unknown>, prefix: string): Definition {
  const { StartAt: start, States: states } = machine;
  if (!isObject(states)) throw refuse(`${prefix}States`, states, 'an object of states');
  const names = Object.keys(states);
  checkTarget(`${prefix}StartAt`, start, names);
  for (const [name, state] of Object.entries(states)) checkState(`${prefix}${name}`, state, names);
  // Checked field by field right above.
  return machine as Definition;
}

function checkState(where: string, state: unknown, names: readonly string[]): void {
  const type = isObject(state) ? String(state['Type']) : '';
  const shape = Object.hasOwn(STATE_FIELDS, type) ? STATE_FIELDS[type] : undefined;
  if (!isObject(state) || shape === undefined) throw refuse(`${where}.Type`, type, Object.keys(STATE_FIELDS).join(', '));
  checkFields(state, shape, where);
  checkTargets(where, state, names);
  checkErrors(where, state as State);
  if (type === 'Map') checkMap(where, state);
}

function checkMap(where: string, state: Record<string, unknown>): void {
  for (const field of ['ItemReader', 'ItemBatcher', 'ItemProcessor', 'ResultWriter'])
    if (!isObject(state[field])) throw refuse(`${where}.${field}`, state[field], 'maps with a reader, a batcher, a processor and a writer');
  if ('MaxConcurrency' in state === 'MaxConcurrencyPath' in state)
    throw refuse(`${where}.MaxConcurrency`, state['MaxConcurrency'], 'either MaxConcurrency or MaxConcurrencyPath');
  checkStates(state['ItemProcessor'] as Record<string, unknown>, `${where}.`);
}

function checkFields(value: Record<string, unknown>, shape: Shape, where: string): void {
  for (const [name, member] of Object.entries(value)) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field === undefined) throw refuse(`${where}: field`, name, Object.keys(shape).join(', '));
    checkField(member, field, `${where}.${name}`);
  }
}

function checkField(value: unknown, field: Field, where: string): void {
  if (field.accepts?.(value) === false) throw refuse(where, value, field.allowed ?? 'other values');
  if (field.isTemplate) checkTemplate(value, where);
  if (field.inside === undefined) return;
  for (const one of [value].flat()) {
    if (!isObject(one)) throw refuse(where, one, `an object of ${Object.keys(field.inside).join(', ')}`);
    checkFields(one, field.inside, where);
  }
}

/** The library gives nothing for a value of the context that it was not told, and calls what it does not know. */
function checkTemplate(value: unknown, where: string): void {
  if (Array.isArray(value)) for (const one of value) checkTemplate(one, where);
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (!name.endsWith('.$')) checkTemplate(member, `${where}.${name}`);
    else if (typeof member !== 'string' || !TEMPLATE_PATH.test(member))
      throw refuse(`${where}.${name}`, member, 'paths of names, $$.Execution.Name, $$.Task.Token, States.Format of paths');
  }
}

function checkTargets(where: string, state: Record<string, unknown>, names: readonly string[]): void {
  for (const [name, value] of Object.entries(state)) {
    if (name === 'Next' || name === 'Default') checkTarget(`${where}.${name}`, value, names);
    if (name === 'Catch' || name === 'Choices')
      for (const one of [value].flat()) if (isObject(one)) checkTarget(`${where}.${name}.Next`, one['Next'], names);
  }
}

function checkTarget(where: string, value: unknown, names: readonly string[]): void {
  if (!names.some((name) => name === value)) throw refuse(where, value, `a state of ${names.join(', ')}`);
}

/** The library does not know our timeouts as such: for it they are failed tasks, which States.TaskFailed must not mean. */
function checkErrors(where: string, state: State): void {
  const lists = (field: 'Retry' | 'Catch'): string[][] =>
    [state[field] ?? []].flat().map((one) => (isObject(one) ? [one['ErrorEquals']].flat().map(String) : []));
  const seen = new Set<string>();
  for (const errors of lists('Retry')) {
    for (const error of errors) seen.add(error);
    if (errors.includes('States.TaskFailed') && !seen.has('States.Timeout'))
      throw refuse(`${where}.Retry`, 'States.TaskFailed', 'States.TaskFailed after or beside States.Timeout only');
  }
  if (lists('Catch').flat().includes('States.TaskFailed')) throw refuse(`${where}.Catch`, 'States.TaskFailed', 'States.ALL, or names');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
