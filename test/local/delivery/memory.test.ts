import { MemoryDelivery } from '../../../local/delivery/memory.ts';
import { deliveryContract } from '../../contract/delivery.ts';

deliveryContract('memory', async () => {
  const delivery = new MemoryDelivery();
  return { delivery, arrived: async ({ name }) => delivery.rows(name) };
});
