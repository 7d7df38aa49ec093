import type { Clock, ObjectStore, StoredBody, StoredObject } from '../../core/ports.ts';
import { checkObjectKey } from '../../lake/object-key.ts';
import { bodyVersion } from './version.ts';

/** Objects in memory, for tests. */
export class MemoryObjectStore implements ObjectStore {
  private readonly objects = new Map<string, { readonly body: Uint8Array; readonly modifiedMs: number }>();
  private readonly clock: Clock;

  constructor(clock: Clock = () => 0) {
    this.clock = clock;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    checkObjectKey(key);
    this.write(key, body);
  }

  async putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined> {
    checkObjectKey(key);
    const stored = this.objects.get(key)?.body;
    if ((stored === undefined ? undefined : bodyVersion(stored)) !== expected) return undefined;
    this.write(key, body);
    return bodyVersion(body);
  }

  async get(key: string): Promise<StoredBody | undefined> {
    checkObjectKey(key);
    const body = this.objects.get(key)?.body.slice();
    return body === undefined ? undefined : { body, version: bodyVersion(body) };
  }

  async list(prefix: string): Promise<StoredObject[]> {
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { body, modifiedMs }]) => ({ key, bytes: body.byteLength, modifiedMs }));
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key);
    this.objects.delete(key);
  }

  private write(key: string, body: Uint8Array): void {
    this.objects.set(key, { body: body.slice(), modifiedMs: this.clock() });
  }
}
