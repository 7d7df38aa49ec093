import { MemoryCatalogue } from '../../../local/catalogue/memory.ts';
import { partitionCatalogueContract } from '../../contract/partition-catalogue.ts';

partitionCatalogueContract('memory', async () => new MemoryCatalogue());
