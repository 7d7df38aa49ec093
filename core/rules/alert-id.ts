/** Id of the alert of a rule on one event of one key: equal for repeats, different for any other rule, key or event. */
export function alertIdOf(ruleId: string, key: string, eventId: string): string {
  return `${escaped(ruleId)}/${escaped(key)}/${escaped(eventId)}`;
}

/** Keeps `/` free as the separator. Not encodeURIComponent: ids are any text, and that throws on lone surrogates. */
function escaped(part: string): string {
  return part.includes('/') || part.includes('%') ? part.replaceAll('%', '%25').replaceAll('/', '%2F') : part;
}
