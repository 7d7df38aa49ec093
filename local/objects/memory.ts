import type { ObjectStore, StoredBody, StoredObject } from '../../core/ports.ts';
import { checkObjectKey } from '../../lake/object-key.ts';
import { bodyVersion } from './version.ts';

/** Objects in memory, for tests. */
export class MemoryObjectStore implements ObjectStore {
  private readonly objects = new Map<string, Uint8Array>();

  async put(key: string, body: Uint8Array): Promise<void> {
    checkObjectKey(key);
    this.objects.set(key, body.slice());
  }

  async putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined> {
    checkObjectKey(key);
    const stored = this.objects.get(key);
    if ((stored === undefined ? undefined : bodyVersion(stored)) !== expected) return undefined;
    this.objects.set(key, body.slice());
    return bodyVersion(body);
  }

  async get(key: string): Promise<StoredBody | undefined> {
    checkObjectKey(key);
    const body = this.objects.get(key)?.slice();
    return body === undefined ? undefined : { body, version: bodyVersion(body) };
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => ({ key, bytes: this.objects.get(key)?.byteLength ?? 0 }));
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key);
    this.objects.delete(key);
  }
}
