/** Names with repeats numbered as the engine numbers them: `n`, `n:1`; `same` says which names repeat each other. */
export function distinctNames(names: readonly string[], same: (name: string) => string): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = seen.get(same(name)) ?? 0;
    seen.set(same(name), times + 1);
    return times === 0 ? name : `${name}:${times}`;
  });
}
