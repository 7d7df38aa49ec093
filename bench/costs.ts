/** One way to do the work that is measured, over all events; what it gives keeps it from being left out. */
export type Way = () => number;

/** User CPU of each way in µs an event: the median of rounds in which all ways take turns. The first rounds, in which code is still compiled, do not count. */
export function costsOf<Name extends string>(
  ways: Readonly<Record<Name, Way>>,
  events: number,
  { rounds = 9, warmUps = 4 }: { readonly rounds?: number; readonly warmUps?: number } = {},
): Record<Name, number> {
  const names = Object.keys(ways) as Name[];
  const costs = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < warmUps + rounds; round += 1) {
    for (const name of names) {
      const before = process.cpuUsage();
      ways[name]();
      const { user } = process.cpuUsage(before);
      if (round >= warmUps) costs.get(name)?.push(user / events);
    }
  }
  return Object.fromEntries([...costs].map(([name, all]) => [name, median(all)])) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
