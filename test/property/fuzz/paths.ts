import { type FuzzInput, PIPELINES } from './pipelines.ts';
import type { Outcome, Processed } from './target.ts';

const FIELDS = new Set(
  Object.values(PIPELINES).flatMap((one) => Object.values(one.eventTypes).flatMap((type) => Object.keys(type.fields))),
);

/** Name of what became of a user record, the same for all that went the same way: code, field and wording without figures. */
function pathOf({ parsed }: Outcome): string {
  if ('event' in parsed) return `${parsed.event.type} ${Object.keys(parsed.event.values).join(' ')}`;
  const { code, path, message } = parsed.rejection;
  const what = message.slice(0, message.indexOf(': got ')).replace(/\d+/g, '#').slice(0, 100);
  return `${code} ${FIELDS.has(path) ? path : path === '' ? '' : 'other'} ${what}`;
}

/** The ways that inputs have taken so far: a cheap stand-in for coverage. */
export class Paths {
  private readonly seen = new Set<string>();

  get count(): number {
    return this.seen.size;
  }

  /** Notes the ways of one input; true if one of them is new. */
  add({ outcomes }: Processed, { pipeline }: FuzzInput): boolean {
    const before = this.seen.size;
    const shape = `${pipeline} ${outcomes.length > 1 ? 'aggregate' : 'one'}`;
    for (const outcome of outcomes) this.seen.add(`${shape} ${pathOf(outcome)}`);
    return this.seen.size > before;
  }
}
