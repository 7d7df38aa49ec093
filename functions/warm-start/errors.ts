/** Why features cannot start warm, as people look it up. */
export type WarmStartFault = 'HISTORY_INCOMPLETE' | 'BATCH_LOST';

/** New features cannot be filled from history: nothing was processed. The message says what is missing, and how to go on. */
export class WarmStartError extends Error {
  override readonly name = 'WarmStartError';
  readonly retriable = false;
  readonly fault: WarmStartFault;

  constructor(fault: WarmStartFault, message: string) {
    super(`${fault}: ${message}`);
    this.fault = fault;
  }
}
