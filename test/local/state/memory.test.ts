import { MemoryStateStore } from '../../../local/state/memory.ts';
import { stateStoreContract } from '../../contract/state-store.ts';

stateStoreContract('memory', async (clock) => new MemoryStateStore(clock));
