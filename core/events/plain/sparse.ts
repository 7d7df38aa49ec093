import type { FieldValue } from '../../model.ts';

type Values = Readonly<Record<string, FieldValue>>;
type Maker = (values: readonly (FieldValue | undefined)[]) => Values;

/** Sets of fields that have a function of their own; a pipeline whose events have more of them makes the others slower. */
const FORMS_MAX = 64;

/** Makes objects of the fields that an event has. Each set of fields has one form, so that readers of events stay quick. */
export function createSparse(names: readonly string[]): Maker {
  const makers = new Map<string, Maker>();
  return (values) => {
    let form = '';
    for (const value of values) form += value === undefined ? '0' : '1';
    const known = makers.get(form);
    if (known !== undefined) return known(values);
    if (makers.size === FORMS_MAX) return slowly(names, values);
    const made = makerOf(names, form);
    makers.set(form, made);
    return made(values);
  };
}

function makerOf(names: readonly string[], form: string): Maker {
  const members = names.flatMap((name, i) => (form[i] === '1' ? [`${JSON.stringify(name)}: v[${i}]`] : []));
  return new Function('v', `'use strict'; return { ${members.join(', ')} };`) as Maker;
}

function slowly(names: readonly string[], values: readonly (FieldValue | undefined)[]): Values {
  const made: Record<string, FieldValue> = {};
  names.forEach((name, i) => {
    const value = values[i];
    if (value !== undefined) made[name] = value;
  });
  return made;
}
