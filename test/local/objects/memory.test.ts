import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { objectStoreContract } from '../../contract/object-store.ts';

objectStoreContract('memory', async () => new MemoryObjectStore());
