#!/usr/bin/env node
// Starts the command on Node 24: TypeScript runs there as it is, and the machine's own Node may be older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
/** V8 may abort where threads end while it guards code pages with memory keys: nodejs/node issue 64500. Older Nodes refuse the flag. */
const FLAGS = ['--no-memory-protection-keys'];
const start = new URL('./start.ts', import.meta.url);
const node24 = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) await import(start.href);
else if (existsSync(node24)) handOver(node24);
else {
  const found = `got ${process.version} and no node_modules/node/bin/node`;
  process.stderr.write(
    `headrace needs Node ${NODE_MAJOR}: ${found}; allowed: "npm ci" with install scripts, or Node ${NODE_MAJOR} on the path\n`,
  );
  process.exitCode = 2;
}

/** Runs the command with another Node, passes signals on, and ends as it ended. */
function handOver(node) {
  const child = spawn(node, [...FLAGS, fileURLToPath(start), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole process group, so the child has it already; passing it on would count as two.
  const isTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true;
  process.on('SIGINT', () => isTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`headrace cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
