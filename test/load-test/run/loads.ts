import { constantProfile } from '../../../load-test/profile/read.ts';
import { type LoadOptions, runLoad } from '../../../load-test/run/load.ts';
import type { LoadResult } from '../../../load-test/run/result.ts';

/** Runs a load against the endpoint of a stream that nobody reads. */
export function loadOf(
  endpoint: string,
  rate: number,
  durationS: number,
  options: Partial<LoadOptions> & { readonly settings?: readonly string[]; readonly timeoutMs?: number } = {},
): Promise<LoadResult> {
  const { settings = [], timeoutMs = 5_000, ...rest } = options;
  return runLoad({
    target: { name: 'a test', stream: { stream: 's', endpoint, timeoutMs }, decisionNote: '', lakePollMs: 100, bufferMs: null },
    profile: constantProfile(rate, durationS, settings),
    ...{ seed: 1, run: 'ltest', producers: 1, aggregate: false, limits: undefined, giveUpMs: 2_000, settleMs: 1_000 },
    ...{ signal: new AbortController().signal, clock: Date.now },
    ...rest,
  });
}
