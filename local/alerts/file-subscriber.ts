import { type FileHandle, open } from 'node:fs/promises';
import type { Alert, AlertSubscriber } from '../../core/ports.ts';

const NEWLINE = 10;

/** Appends what is told to a file, one JSON line each: on disk on return. */
export class FileSubscriber implements AlertSubscriber {
  readonly name = 'file';
  private readonly path: string;

  /** The file is made when something is told. */
  constructor(path: string) {
    this.path = path;
  }

  async send(alerts: readonly Alert[]): Promise<void> {
    if (alerts.length === 0) return;
    const file = await open(this.path, 'a+');
    try {
      const lines = alerts.map(({ row }) => `${JSON.stringify(row)}\n`).join('');
      await file.write(`${(await endsInLine(file)) ? '' : '\n'}${lines}`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

/** A process that was killed may have left half a line. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === NEWLINE;
}
