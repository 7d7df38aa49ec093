import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LakeError } from '../errors.ts';
import type { Tally } from '../generations/manifest.ts';
import { partFileName } from '../names.ts';
import { relationSql, withoutRepeats } from '../relation.ts';
import type { Column, TableSchema } from '../schema.ts';
import { quoteName, quoteText } from '../sql-text.ts';
import { damagedRows, saidOfFile, whyUnreadable } from '../unreadable.ts';
import { SortEngine } from './engine.ts';
import { checkInputs, type InputFile, type Run, refuseMisplaced } from './inputs.ts';
import { layoutOf } from './layout.ts';
import { FILES_MAX, mergeInputs } from './merge.ts';
import { type Piece, type PieceOptions, piecesOf } from './pieces.ts';
import { addTallies, distinctSql, emptyTally, tallyOf, tallySql } from './tally.ts';
import { unreadable } from './witness.ts';

/** One written file. */
export interface WrittenFile {
  readonly path: string;
  readonly name: string;
  readonly rows: number;
}

/** What was written, and the ledger of what went in. */
export interface Written {
  readonly files: readonly WrittenFile[];
  /** Rows of the input files, repeats included. */
  readonly rowsIn: number;
  readonly repeatsDropped: number;
  /** Sums over the rows that were kept, taken before they were written. */
  readonly tally: Tally;
  /** Greatest value of the partition column, epoch ms; null without rows. */
  readonly newestMs: number | null;
}

/** Memory and folder of the writer. */
export interface WriterOptions {
  /** Folder for files on their way and for what does not fit in memory; made if need be, emptied by `close`. */
  readonly scratch: string;
  /** Memory limit of the engine, MiB. */
  readonly memoryMb?: number;
  readonly threads?: number;
  /** Files that one statement reads at most; more are merged first. At least 2. */
  readonly filesMax?: number;
}

/** Engine memory, MiB: with Node itself and the witness the process stays below 512. */
const MEMORY_MB = 128;
/** Bytes of a row group of wide rows: bounds what readers and the writer hold. */
const ROW_GROUP_BYTES = 16 * 2 ** 20;
/** Bytes of values from which on statements count as large. */
const LARGE_BYTES = 64 * 2 ** 20;
/** How often pieces are halved when the engine runs out of memory. */
const HALVINGS_MAX = 6;

/**
 * Makes one generation of a partition out of Parquet files: rows with one id become one, sorted by stretches of the partition
 * column, then by cluster columns (see `layoutOf`), written in one file or several. Memory is bounded whatever the size: large inputs are
 * written piece by piece, and sorts spill into the scratch folder.
 */
export class GenerationWriter {
  private readonly scratch: string;
  private readonly engine: SortEngine;
  private readonly filesMax: number;

  constructor({ scratch, memoryMb = MEMORY_MB, threads = 1, filesMax = FILES_MAX }: WriterOptions) {
    this.scratch = scratch;
    this.filesMax = filesMax;
    this.engine = new SortEngine({ scratch, memoryMb, threads });
  }

  /**
   * Writes the rows of the inputs into the scratch folder. Throws LakeError: FILE_UNREADABLE, SCHEMA_NEWER or SCHEMA_MISMATCH for an
   * input, TOO_WIDE when a single stretch of rows does not fit in memory, VERIFICATION_FAILED when rows were lost on the way.
   */
  async write(table: TableSchema, inputs: readonly InputFile[]): Promise<Written> {
    try {
      return await this.writeAll(table, inputs);
    } catch (error) {
      throw (await this.unreadableOf(inputs, error)) ?? error;
    }
  }

  private async writeAll(table: TableSchema, inputs: readonly InputFile[]): Promise<Written> {
    const { rows: rowsIn, plainBytes } = await checkInputs((sql) => this.engine.rows(sql, false), table, inputs);
    const isLarge = plainBytes > LARGE_BYTES;
    const pieces =
      rowsIn === 0 ? [] : await this.writeMerged((sql) => this.engine.rows(sql, isLarge), table, inputs, { rowsIn, plainBytes });
    const rowsRead = pieces.reduce((sum, piece) => sum + piece.rowsRead, 0);
    if (rowsRead !== rowsIn) throw unequal(table, `the footers of its files count ${rowsIn} rows, but ${rowsRead} were read`);
    const tally = pieces.reduce((sum, piece) => addTallies(sum, piece.tally), emptyTally(table));
    const newest = pieces.flatMap(({ newestMs }) => newestMs ?? []);
    return {
      files: pieces.map(({ file }) => file),
      rowsIn,
      repeatsDropped: rowsIn - tally.rows,
      tally,
      newestMs: newest.length === 0 ? null : Math.max(...newest),
    };
  }

  /** Removes what `write` has left in the scratch folder. */
  clear(): void {
    for (const name of ['out', 'merged']) rmSync(join(this.scratch, name), { recursive: true, force: true });
  }

  /** Frees the engine and everything in its scratch folder. */
  close(): void {
    this.engine.rest();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** The engine stops at a damaged file, and seldom says at which. */
  private async unreadableOf(inputs: readonly InputFile[], error: unknown): Promise<LakeError | undefined> {
    if (saidOfFile(error) === undefined) return undefined;
    for (const { path, key } of inputs) {
      const said = await whyUnreadable((sql) => this.engine.rows(sql, true), path);
      if (said !== undefined) return unreadable(key, damagedRows(key, said), error);
    }
    return undefined;
  }

  /** Writes few files or many. Merged ones are gone when it is done, for the disk may be small. */
  private async writeMerged(
    run: Run,
    table: TableSchema,
    inputs: readonly InputFile[],
    { rowsIn, plainBytes }: { readonly rowsIn: number; readonly plainBytes: number },
  ): Promise<WrittenPiece[]> {
    const folder = join(this.scratch, 'merged');
    try {
      const relation = relationSql(
        table,
        await mergeInputs((sql) => this.engine.rows(sql, true), table, inputs, { folder, filesMax: this.filesMax }),
      );
      await refuseMisplaced(run, table, { relation, inputs });
      return await this.writePieces(run, { table, relation, rows: rowsIn, plainBytes });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Writes piece by piece; when one does not fit in memory, all again in smaller ones. */
  private async writePieces(run: Run, cut: Omit<PieceOptions, 'halvings'>): Promise<WrittenPiece[]> {
    const folder = join(this.scratch, 'out');
    for (let halvings = 0; ; halvings += 1) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      try {
        const written: WrittenPiece[] = [];
        for (const piece of await piecesOf(run, { ...cut, halvings }))
          written.push(await writePiece(run, cut, piece, join(folder, partFileName(written.length))));
        return written;
      } catch (error) {
        const isTooLarge = error instanceof Error && error.message.startsWith('Out of Memory');
        if (!isTooLarge) throw error;
        if (halvings === HALVINGS_MAX)
          throw new LakeError(
            'TOO_WIDE',
            `rows of ${cut.table.name} at one moment do not fit in memory: ${error.message.split('\n', 1)[0]}. Give more with --memory-mb; of a stack, raise ENGINE_MB in functions/compact/lambda.ts and compactionMb in infra/sizes.ts.`,
            { cause: error },
          );
      }
    }
  }
}

/** One written file, and what its rows add up to. */
interface WrittenPiece {
  readonly file: WrittenFile;
  /** Rows that it was made of, repeats included. */
  readonly rowsRead: number;
  readonly tally: Tally;
  readonly newestMs: number | null;
}

/** What went in is not what is there: nothing of it is published. */
function unequal(table: TableSchema, what: string): LakeError {
  return new LakeError(
    'VERIFICATION_FAILED',
    `${table.name}: ${what}. Nothing is published. Compact again, and report it if it fails again.`,
  );
}

async function writePiece(
  run: Run,
  { table, relation }: Omit<PieceOptions, 'halvings'>,
  { where }: Piece,
  path: string,
): Promise<WrittenPiece> {
  const source = `(SELECT * FROM ${relation} WHERE ${where})`;
  const [[all = 0, distinct, ids, newestMs] = []] = (await run(distinctSql(table, source))) as [[number, number, string, number | null]?];
  const kept = distinct === all ? source : withoutRepeats(table, source);
  const [sums = []] = await run(tallySql(table, kept));
  const tally = tallyOf(table, sums);
  if (tally.rows !== distinct || tally.ids !== ids)
    throw unequal(table, `${distinct} different ids, but ${tally.rows} rows after repeats were dropped`);
  const time = quoteName(table.partitionColumn);
  const { groupRows, sliceMs } = layoutOf(tally.rows);
  const order = [
    ...new Set([`epoch_ms(${time}) // ${sliceMs}`, ...table.clusterColumns.map(quoteName), time, ...table.idColumns.map(quoteName)]),
  ];
  // DOUBLE in version 2 is BYTE_STREAM_SPLIT, which some engines (Spark 3.5) do not read; all else of it is smaller and read by all.
  const version = table.columns.some(({ type }) => type === 'double') ? 'V1' : 'V2';
  const columns = table.columns.map(writtenSql);
  const [[rows = 0] = []] = (await run(
    `COPY (SELECT ${columns.join(', ')} FROM ${kept} ORDER BY ${order.join(', ')}) TO ${quoteText(path)}
     (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION ${version}, ROW_GROUP_SIZE ${groupRows}, ROW_GROUP_SIZE_BYTES ${ROW_GROUP_BYTES})`,
  )) as [[bigint?]?];
  const file = { path, name: path.slice(path.lastIndexOf('/') + 1), rows: Number(rows) };
  return { file, rowsRead: all ?? 0, tally, newestMs: newestMs ?? null };
}

/** Times are stored as milliseconds, which is what they are. */
function writtenSql({ name, type }: Column): string {
  return type === 'timestamp' ? `CAST(${quoteName(name)} AS TIMESTAMP_MS) AS ${quoteName(name)}` : quoteName(name);
}
