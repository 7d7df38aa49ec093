import { startEndpoint } from '../../../local/endpoint/endpoint.ts';

// Holds the folder named on the command line until its input ends.
const endpoint = await startEndpoint({ path: process.argv[2] ?? '', port: 0 });
process.stdout.write('listening\n');
process.stdin.resume();
process.stdin.on('end', () => void endpoint.stop());
