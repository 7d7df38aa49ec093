import { MEASURES } from '../measures/list.ts';
import type { Work } from './measure.ts';

/** One run of one way, in a process of its own: prints its outcome as the last line. */
const [measureName, variantName, workText = '{}'] = process.argv.slice(2);
const variant = MEASURES.find(({ name }) => name === measureName)?.variants[variantName ?? ''];
if (variant === undefined) throw new Error(`there is no way ${variantName} of ${measureName}`);
const outcome = await variant.run(JSON.parse(workText) as Work);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
// Engines and sockets that a peer leaves open need not be waited for.
process.exit(0);
