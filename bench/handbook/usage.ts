import { writeFileSync } from 'node:fs';

/** Preloaded into a process that is measured: says at its end what CPU and memory it took. */
const file = process.env['HEADRACE_USAGE_FILE'];
if (file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(file, JSON.stringify({ cpuUs: userCPUTime + systemCPUTime, rssMb: maxRSS / 1_024 }));
  });
}
