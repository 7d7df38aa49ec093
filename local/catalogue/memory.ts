import type { PartitionCatalogue, TablePartition } from '../../core/ports.ts';
import { type Hours, hoursBetween, registerHours, removeHours, swapHour } from './hours.ts';

/** A catalogue in memory, for tests. */
export class MemoryCatalogue implements PartitionCatalogue {
  private readonly tables = new Map<string, Hours>();

  async register(table: string, partitions: readonly TablePartition[]): Promise<number> {
    return registerHours(this.hoursOf(table), partitions);
  }

  async swap(table: string, partition: TablePartition): Promise<boolean> {
    return swapHour(this.hoursOf(table), partition);
  }

  async remove(table: string, hours: readonly Pick<TablePartition, 'dt' | 'hour'>[]): Promise<void> {
    removeHours(this.hoursOf(table), hours);
  }

  async list(table: string, from: string, to: string): Promise<TablePartition[]> {
    return hoursBetween(this.hoursOf(table), from, to);
  }

  private hoursOf(table: string): Hours {
    const known = this.tables.get(table);
    if (known !== undefined) return known;
    const hours: Hours = new Map();
    this.tables.set(table, hours);
    return hours;
  }
}
