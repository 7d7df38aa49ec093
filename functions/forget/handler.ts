import { listReceipts } from '../../lake/erasure/receipts.ts';
import { subjectOf } from '../../lake/erasure/subject.ts';
import { type ForgetPorts, type ForgetRequest, forget, type LivePorts, planForget } from './forget.ts';

/** What a person asks of the function: who is forgotten and by whom, what would be touched, or what was. */
export type ForgetEvent =
  | { readonly ask: 'forget' | 'plan'; readonly field: string; readonly value: string; readonly by: string }
  | { readonly ask: 'list' };

/** What the function works on: ports whose `live` part knows no time limit yet. */
export interface ForgetFunctionPorts extends Omit<ForgetPorts, 'live'> {
  readonly live: Omit<LivePorts, 'signal'>;
  readonly request: Pick<ForgetRequest, 'plan' | 'rules' | 'remains'>;
  readonly streamEpoch: () => Promise<string>;
  /** The secret that pseudonyms are made with. */
  readonly secret: () => Promise<Uint8Array>;
}

/** Handles one question; begins no partition once `signal` has fired, and the same question again goes on. */
export type Forget = (event: ForgetEvent, signal: AbortSignal) => Promise<unknown>;

/** Makes the function that erases on a stack that goes on working: it answers with receipts, a plan, or the outcome of `forget`. */
export function createForget({ live, request, streamEpoch, secret, ...ports }: ForgetFunctionPorts): Forget {
  return async (event, signal) => {
    if (event.ask === 'list') return listReceipts(ports.objects);
    const subject = subjectOf(request.plan.pipeline, event.field, event.value, await secret());
    const asked = { ...request, subject, streamEpoch: await streamEpoch(), by: event.by };
    const all = { ...ports, live: { ...live, signal } };
    return event.ask === 'plan' ? planForget(all, asked) : forget(all, asked);
  };
}
