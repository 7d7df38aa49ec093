/** What handlers use of the context that Lambda hands over. */
export interface LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** Time kept for what is under way when a function stops, unless half of what it has is less. */
const RESERVE_MS = 60_000;

/** Epoch ms at which a function should begin nothing more. */
export function deadlineOf(context: LambdaContext, nowMs: number): number {
  const leftMs = context.getRemainingTimeInMillis();
  return nowMs + leftMs - Math.min(RESERVE_MS, leftMs / 2);
}
