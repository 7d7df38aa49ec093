import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';
import { BackfillError } from './errors.ts';
import type { ItemStep } from './events.ts';
import type { BackfillPlan } from './plan-record.ts';

/** Objects of one backfill on its way: everything that states of the workflow hand to each other by reference. */
export class Work {
  readonly id: string;
  readonly objects: ObjectStore;
  readonly files: ObjectFiles;

  constructor(place: { readonly objects: ObjectStore; readonly files: ObjectFiles }, id: string) {
    this.id = id;
    this.objects = place.objects;
    this.files = place.files;
  }

  /** Key of an object of this backfill. */
  key(name: string): string {
    return `${this.id}/${name}`;
  }

  /** Reads an object of JSON; undefined if it is not there. */
  async find<T>(name: string): Promise<T | undefined> {
    const stored = await this.objects.get(this.key(name));
    return stored === undefined ? undefined : (JSON.parse(new TextDecoder().decode(stored.body)) as T);
  }

  /** Reads an object of JSON that an earlier step wrote. Throws BackfillError WORK_MISSING. */
  async read<T>(name: string): Promise<T> {
    const found = await this.find<T>(name);
    if (found !== undefined) return found;
    throw new BackfillError(
      'WORK_MISSING',
      `backfill ${this.id} has no ${name}: a step before was not done, or its work has expired. Begin it again under another id.`,
    );
  }

  /** Writes an object of JSON; the same again does no harm. */
  async write(name: string, value: unknown): Promise<void> {
    await this.objects.put(this.key(name), new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  }

  /** Moves a finished file of a scratch folder into place. */
  async store(name: string, path: string): Promise<void> {
    await this.files.store(this.key(name), path);
  }

  /** Names of the objects below a folder of this backfill. */
  async names(folder: string): Promise<string[]> {
    const prefix = this.key(folder);
    return (await this.objects.list(prefix)).map(({ key }) => key.slice(this.id.length + 1));
  }

  /** Opens objects as files for the time of a call. */
  async withFiles<T>(names: readonly string[], use: (paths: readonly string[]) => Promise<T>): Promise<T> {
    const paths: string[] = [];
    try {
      for (const name of names) {
        const path = await this.files.open(this.key(name));
        if (path === undefined)
          throw new BackfillError('WORK_MISSING', `backfill ${this.id} has lost ${name}. Begin it again under another id.`);
        paths.push(path);
      }
      return await use(paths);
    } finally {
      await this.files.release(paths);
    }
  }

  /** The plan. */
  async plan(): Promise<BackfillPlan> {
    return this.read<BackfillPlan>(PLAN);
  }

  /** Removes what only its own steps needed; plan, summary and report stay. */
  async clear(): Promise<void> {
    for (const folder of ['shuffle/', 'rows/', 'partials/', 'tiles/', 'new/', 'cpu/'])
      for (const name of await this.names(folder)) await this.objects.remove(this.key(name));
  }
}

/** Name of the plan. */
export const PLAN = 'plan.json';
/** Name of the sums over all differences. */
export const SUMMARY = 'summary.json';
/** Name of the last word. */
export const REPORT = 'report.json';
/** Name of what is known of an approval. */
export const APPROVAL = 'approval.json';
/** Name of the list of partitions to be published. */
export const PUBLICATIONS = 'publications.json';

/** Name of the list of items of a step. */
export const itemsName = (step: ItemStep): string => `items/${step}.json`;

/** Number of an item, in names that sort as numbers do. */
export const padded = (at: number): string => String(at).padStart(5, '0');
