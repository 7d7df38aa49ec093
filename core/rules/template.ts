import { usageError } from '../errors.ts';

/** A value named in a reason or condition: a field of the judged event or a feature. */
export interface Reference {
  readonly source: 'event' | 'features';
  readonly name: string;
}

/** A reason text cut into plain text and references. */
export type Template = readonly (string | Reference)[];

const REFERENCE = /^(event|features)\.([a-z][a-z0-9_]*)$/;
const ALLOWED = 'text with references such as {event.amount_minor} or {features.count_1h}';

/** Cuts a reason such as `amount {event.amount_minor} is high` into its parts. Throws UsageError for any other use of braces. */
export function parseTemplate(text: string, where: string): Template {
  const parts: (string | Reference)[] = [];
  let at = 0;
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{', at)) {
    const close = text.indexOf('}', open);
    const inner = close < 0 ? '' : text.slice(open + 1, close);
    const match = REFERENCE.exec(inner);
    if (match === null) throw usageError(`${where}: reason`, text, ALLOWED);
    pushText(parts, text.slice(at, open), where);
    parts.push({ source: match[1] === 'event' ? 'event' : 'features', name: match[2] ?? '' });
    at = close + 1;
  }
  pushText(parts, text.slice(at), where);
  return parts;
}

function pushText(parts: (string | Reference)[], text: string, where: string): void {
  if (text.includes('}')) throw usageError(`${where}: reason`, text, ALLOWED);
  if (text !== '') parts.push(text);
}
