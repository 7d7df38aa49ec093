import type { ObjectStore, StoredObject } from '../../core/ports.ts';
import { checkKey } from './key.ts';

/** Objects in memory, for tests. */
export class MemoryObjectStore implements ObjectStore {
  private readonly objects = new Map<string, Uint8Array>();

  async put(key: string, body: Uint8Array): Promise<void> {
    checkKey(key);
    this.objects.set(key, body.slice());
  }

  async putIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    checkKey(key);
    if (this.objects.has(key)) return false;
    this.objects.set(key, body.slice());
    return true;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key);
    return this.objects.get(key)?.slice();
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => ({ key, bytes: this.objects.get(key)?.byteLength ?? 0 }));
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    this.objects.delete(key);
  }
}
