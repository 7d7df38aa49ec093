import { main } from './main.ts';
import { flushOutput, ignoreClosedOutput } from './output.ts';

ignoreClosedOutput();
const code = await main(process.argv.slice(2));
await flushOutput();
process.exit(code);
