import type { ObjectStore } from '../../../core/ports.ts';
import type { StepFailure } from '../events.ts';

/** What the service calls a map with a failed item, whatever the item failed with. */
export const ITEM_FAILED = 'States.ExceedToleratedFailureThreshold';

/** One child execution in the results of a map, as the service writes them. */
export interface ItemResult {
  readonly Name: string;
  readonly Status: 'SUCCEEDED' | 'FAILED';
  /** JSON text. */
  readonly Input: string;
  readonly Output?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/**
 * The failure behind that of a map: of the item that failed, from the newest results in the execution's folder `workFolder` (ending in
 * `/`). The failure as it came if it is another one, or if the results do not tell.
 */
export async function itemFailure(objects: ObjectStore, workFolder: string, failure: StepFailure): Promise<Required<StepFailure>> {
  const given = { Error: failure.Error, Cause: failure.Cause ?? '' };
  if (failure.Error !== ITEM_FAILED) return given;
  const files = (await objects.list(`${workFolder}results/`)).filter(({ key }) => /\/FAILED_\d+\.json$/.test(key));
  const newest = files.sort((a, b) => b.modifiedMs - a.modifiedMs)[0];
  const stored = newest === undefined ? undefined : await objects.get(newest.key);
  if (stored === undefined) return given;
  const results = JSON.parse(new TextDecoder().decode(stored.body)) as readonly ItemResult[];
  const failed = results.find(({ Error: error }) => error !== undefined);
  return failed?.Error === undefined ? given : { Error: failed.Error, Cause: failed.Cause ?? '' };
}

/** What a person is told of a failure: the message of the error, where the cause is that of a function, which the service gives as JSON. */
export function messageOf({ Error: error, Cause: cause = '' }: StepFailure): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { readonly errorMessage?: unknown };
    if (typeof errorMessage === 'string') return errorMessage;
  } catch {
    // Not JSON: said by the service itself, or by the definition.
  }
  return cause === '' ? error : cause;
}
