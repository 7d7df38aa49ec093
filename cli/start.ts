import { main } from './main.ts';
import { flushOutput, watchOutput } from './output.ts';

watchOutput();
const code = await main(process.argv.slice(2));
const isWritten = await flushOutput();
process.exit(isWritten || code !== 0 ? code : 1);
