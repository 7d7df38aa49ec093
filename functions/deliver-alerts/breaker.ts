import type { Clock, StateStore } from '../../core/ports.ts';
import { afterFailure, type CircuitState, CLOSED, DOUBTFUL, type Permit, permitOf, whileProbing } from './circuit.ts';
import { circuitKey } from './keys.ts';

/** What a breaker works on. */
export interface BreakerPorts {
  readonly store: StateStore;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Changes of one circuit that may meet each other before one gives up: none of them is worth a failed batch. */
const SWAPS_MAX = 3;

/** The circuit breaker of one subscriber for the time of one call; all calls share its state through one item. */
export class Breaker {
  private readonly ports: BreakerPorts;
  private readonly subscriber: string;
  /** Failures on record when this call began, and its own. */
  private failures = 0;

  constructor(ports: BreakerPorts, subscriber: string) {
    this.ports = ports;
    this.subscriber = subscriber;
  }

  /** What may be sent now. `probe` is given to one caller at a time. */
  async permit(): Promise<Permit> {
    const { state, version } = await this.load();
    this.failures = state.failures;
    const nowMs = this.ports.clock();
    const permit = permitOf(state, nowMs);
    if (permit !== 'probe') return permit;
    return (await this.swap(version, whileProbing(state, nowMs))) ? 'probe' : 'none';
  }

  /** The subscriber took something; nothing to record unless it failed before. */
  async succeeded(): Promise<void> {
    if (this.failures === 0) return;
    this.failures = 0;
    await this.change((state) => (state.failures === 0 ? state : CLOSED));
  }

  /** The subscriber did not take something. */
  async failed(): Promise<void> {
    this.failures += 1;
    await this.change((state) => afterFailure(state, this.ports.clock(), this.ports.random));
  }

  /** The rest is over and nothing waits. */
  async released(): Promise<void> {
    await this.change(() => DOUBTFUL);
  }

  /** Whether nothing may be sent but a probe. */
  async isOpen(): Promise<boolean> {
    return (await this.load()).state.restUntilMs !== null;
  }

  private async change(next: (state: CircuitState) => CircuitState): Promise<void> {
    for (let swaps = 0; swaps < SWAPS_MAX; swaps += 1) {
      const { state, version } = await this.load();
      const changed = next(state);
      if (changed === state || (await this.swap(version, changed))) return;
    }
  }

  private async load(): Promise<{ readonly state: CircuitState; readonly version: number }> {
    const [item] = await this.ports.store.get([circuitKey(this.subscriber)]);
    return { state: item === undefined ? CLOSED : (JSON.parse(item.body) as CircuitState), version: item?.version ?? 0 };
  }

  private async swap(expectedVersion: number, state: CircuitState): Promise<boolean> {
    const [written] = await this.ports.store.put([{ ...circuitKey(this.subscriber), expectedVersion, body: JSON.stringify(state) }]);
    return written === true;
  }
}
