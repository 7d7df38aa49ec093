import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAULTS } from './faults.ts';
import { withTable } from './table.ts';

const PAGE = fileURLToPath(new URL('../../../docs/reliability.md', import.meta.url));

// `node test/docs/reliability/main.ts` writes the table of docs/reliability.md anew.
writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), FAULTS));
