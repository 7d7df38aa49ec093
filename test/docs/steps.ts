import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '../e2e/folder.ts';

/** A shell block of a document, and what the document shows below it. */
export interface Step {
  readonly command: string;
  /** Text block that follows; undefined if there is none. */
  readonly shown: string | undefined;
}

/** Shell blocks of one section, each with the text block that follows it. */
export function stepsOf(document: string, section: string): Step[] {
  const body = document.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...body.matchAll(/```(sh|text)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({ kind, text: text ?? '' }));
  return blocks.flatMap(({ kind, text }, i) => {
    const next = blocks[i + 1];
    return kind === 'sh' ? [{ command: text, shown: next?.kind === 'text' ? next.text : undefined }] : [];
  });
}

/** A folder from which the commands of a document find the shipped pipelines. */
export function checkout(): string {
  const folder = temporaryFolder();
  for (const name of ['pipelines', 'examples']) symlinkSync(resolve(name), join(folder, name));
  return folder;
}

/** Runs a shell block with the command of this checkout; throws when it fails. */
export function run(command: string, cwd: string): string {
  const script = command.replaceAll('npx headrace', `"${process.execPath}" "${resolve('cli/headrace.mjs')}"`);
  return execFileSync('bash', ['-euc', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Output without what differs from run to run: numbers, ids, times, widths. */
export function shapeOf(text: string): string {
  return text
    .replace(/[\d][\d,.:TZ-]*/g, '#')
    .replace(/─+/g, '─')
    .replace(/[ \t]+/g, ' ')
    .trim();
}
