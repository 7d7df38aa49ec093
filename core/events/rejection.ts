import type { Rejection } from '../model.ts';
import type { Code } from './codes.ts';

/** Characters of a bad value shown in a message: enough to recognise it, few enough for tables and logs. */
const SHOWN_MAX = 80;

/** What a rejection says: what was wrong, the value received (shown up to 80 characters), what is allowed. */
export interface Complaint {
  readonly what: string;
  readonly received: string;
  readonly allowed: string;
}

/** Builds a rejection in the form all messages have. Text in `received` is shown as JSON. */
export function reject(code: Code, path: string, complaint: Complaint): Rejection {
  const shown = JSON.stringify(complaint.received.slice(0, SHOWN_MAX));
  return { code, path: path.slice(0, SHOWN_MAX).toWellFormed(), message: `${complaint.what}: got ${shown}; allowed: ${complaint.allowed}` };
}
