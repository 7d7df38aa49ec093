import type { Rejection } from '../model.ts';
import { reject } from './rejection.ts';

/** Rejection of a record, user record or aggregate that holds nothing. */
export function emptyRecord(): Rejection {
  return reject('EMPTY_RECORD', '', { what: 'record without bytes', received: '', allowed: 'one JSON object' });
}
