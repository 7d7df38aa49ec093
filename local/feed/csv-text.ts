import { type FileHandle, open } from 'node:fs/promises';

/** How the rows of one CSV file are to be read, by its first line. */
export interface CsvForm {
  readonly delimiter: string;
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
}

/** What may stand between the values of a CSV file; the one that the header has most of is it. */
const DELIMITERS = [',', ';', '\t', '|'];
/** Longest header or row that is looked at, bytes. */
const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Form of a CSV file; undefined for an empty file. */
export async function csvForm(file: string): Promise<CsvForm | undefined> {
  const [line] = await linesAt(file, [0]);
  const header = line?.toString('utf8').replace(/^\ufeff/, '') ?? '';
  if (header === '') return undefined;
  const outside = header.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => outside.split(delimiter).length);
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
  return { delimiter, columns: distinct(valuesOf(header, delimiter)) };
}

function valuesOf(line: string, delimiter: string): string[] {
  const values = [''];
  let isQuoted = false;
  for (const char of line) {
    if (char === delimiter && !isQuoted) values.push('');
    else {
      if (char === '"') isQuoted = !isQuoted;
      values[values.length - 1] += char;
    }
  }
  return values.map((value) => (/^".*"$/s.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value).trim());
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, i) => {
    let free = name === '' ? `column${i}` : name;
    for (let n = 1; taken.has(free.toLowerCase()); n += 1) free = `${name}_${n}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/** The lines of a file that hold these bytes at their start, without their ends; a place may be one byte into its line. */
export async function linesAt(file: string, places: readonly number[]): Promise<Buffer[]> {
  const handle = await open(file);
  try {
    const lines: Buffer[] = [];
    for (const place of places) lines.push(await lineAt(handle, place));
    return lines;
  } finally {
    await handle.close();
  }
}

async function lineAt(handle: FileHandle, place: number): Promise<Buffer> {
  const from = Math.max(0, place - 2);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_BYTES_MAX), 0, LINE_BYTES_MAX, from);
  const bytes = buffer.subarray(0, bytesRead);
  const before = bytes.subarray(0, place - from).lastIndexOf(NEWLINE);
  const rest = bytes.subarray(before < 0 ? 0 : before + 1);
  const end = rest.indexOf(NEWLINE);
  const line = rest.subarray(0, end < 0 ? rest.byteLength : end);
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
