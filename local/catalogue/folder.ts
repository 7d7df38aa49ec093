import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RetriableError } from '../../core/errors.ts';
import type { PartitionCatalogue, TablePartition } from '../../core/ports.ts';
import { type Hours, hoursBetween, registerHours, removeHours, swapHour } from './hours.ts';

/**
 * A catalogue in a folder, one JSON file for each table, replaced whole by a rename: a reader sees the hours before or after a change.
 * Each call reads, changes and writes in one go, so calls of one process do not meet; a data folder has one process at a time.
 */
export class FolderCatalogue implements PartitionCatalogue {
  private readonly folder: string;

  /** Creates the folder if need be. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async register(table: string, partitions: readonly TablePartition[]): Promise<number> {
    return this.change(table, (hours) => registerHours(hours, partitions));
  }

  async swap(table: string, partition: TablePartition): Promise<boolean> {
    return this.change(table, (hours) => swapHour(hours, partition));
  }

  async remove(table: string, hours: readonly Pick<TablePartition, 'dt' | 'hour'>[]): Promise<void> {
    this.change(table, (known) => {
      removeHours(known, hours);
      return true;
    });
  }

  async list(table: string, from: string, to: string): Promise<TablePartition[]> {
    return this.answering(table, () => hoursBetween(this.read(table), from, to));
  }

  /** A change that changes nothing (0, false) writes nothing. */
  private change<T extends number | boolean>(table: string, apply: (hours: Hours) => T): T {
    return this.answering(table, () => {
      const hours = this.read(table);
      const result = apply(hours);
      if (result) this.write(table, hours);
      return result;
    });
  }

  private read(table: string): Hours {
    const path = this.path(table);
    if (!existsSync(path)) return new Map();
    const partitions = JSON.parse(readFileSync(path, 'utf8')) as TablePartition[];
    return new Map(partitions.map((one) => [`${one.dt} ${one.hour}`, one]));
  }

  private write(table: string, hours: Hours): void {
    const path = this.path(table);
    writeFileSync(`${path}.new`, JSON.stringify([...hours.values()]));
    renameSync(`${path}.new`, path);
  }

  private path(table: string): string {
    return join(this.folder, `${table}.json`);
  }

  private answering<T>(table: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new RetriableError(`the catalogue file of table ${table} did not answer: ${what}`, { cause: error });
    }
  }
}
