import type { Event } from '../../core/model.ts';
import type { StateWrite } from '../../core/ports.ts';
import { expireRings, type KeyRing, withBases } from '../../core/profiles/key-rings.ts';
import type { RingStates } from '../../core/profiles/rings.ts';
import { profileKey } from '../../core/state/keys.ts';
import { encodeProfile, parseProfile } from '../../core/state/profile.ts';
import type { ReadHorizon } from '../../core/state/warm.ts';
import type { WarmPorts } from './ports.ts';
import { swap } from './state.ts';
import type { Unfinished } from './unfinished.ts';

/** Profiles read and written at once: a few megabytes. */
const PROFILES_AT_ONCE = 500;

/** Fills the missing rings of profiles. All archived events of a key come before its profile is written. */
export class KeyFill {
  private readonly ports: WarmPorts;
  private readonly rings: readonly KeyRing[];
  /** Those, and the rings that their values are made of. */
  private readonly fed: readonly KeyRing[];
  private readonly unfinished: Unfinished;
  private readonly horizon: ReadHorizon;
  private filled = new Map<string, RingStates>();
  private readonly left: Set<string>;

  constructor(
    ports: WarmPorts,
    { rings, unfinished, horizon }: { readonly rings: readonly KeyRing[]; readonly unfinished: Unfinished; readonly horizon: ReadHorizon },
  ) {
    this.ports = ports;
    this.rings = rings;
    this.fed = withBases(rings);
    this.unfinished = unfinished;
    this.horizon = horizon;
    this.left = new Set(unfinished.keys());
  }

  /** Adds an accepted event of a finished batch. */
  add(event: Event): void {
    const states = this.filled.get(event.key) ?? {};
    this.filled.set(event.key, states);
    this.ports.plan.keyFeatures.add(states, event, { to: this.fed });
  }

  /** Writes the profiles of the keys added since the last call. */
  async store(): Promise<void> {
    const filled = [...this.filled];
    this.filled = new Map();
    if (this.rings.length === 0) return;
    for (let at = 0; at < filled.length; at += PROFILES_AT_ONCE) await this.storeSome(filled.slice(at, at + PROFILES_AT_ONCE));
  }

  /** Writes the profiles of keys that have events in unfinished batches only. */
  async finish(): Promise<void> {
    for (const key of this.left) this.filled.set(key, {});
    await this.store();
  }

  private async storeSome(filled: readonly (readonly [key: string, states: RingStates])[]): Promise<void> {
    const keys = filled.map(([key]) => profileKey(key));
    const items = await this.ports.store.get(keys);
    const writes = filled.flatMap(([key, states], i): StateWrite[] => {
      this.left.delete(key);
      const item = items[i];
      const at = keys[i];
      // What was erased stays erased.
      if (item === undefined || at === undefined) return [];
      return [{ ...at, expectedVersion: item.version, body: this.withRings(key, item.body, states) }];
    });
    await swap(this.ports, writes);
  }

  private withRings(key: string, body: string, states: RingStates): string {
    const profile = parseProfile(body);
    for (const event of this.unfinished.acceptedBy(key, profile)) this.ports.plan.keyFeatures.add(states, event, { to: this.fed });
    const { closedMs, allowedLatenessMs } = this.horizon;
    if (closedMs !== null) expireRings(this.rings, states, closedMs - allowedLatenessMs);
    const rings = profile.rings.change();
    for (const { ringId } of this.rings) {
      const ring = states[ringId];
      if (ring === undefined) delete rings[ringId];
      else rings[ringId] = ring;
    }
    return encodeProfile(profile);
  }
}
