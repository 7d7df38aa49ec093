import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { type Answer, answer } from '../../functions/backfill/approval.ts';
import { abandonedBy, assertAnswerable, assertGoesOn, assertUnfinished } from '../../functions/backfill/ended.ts';
import type { BackfillRequest } from '../../functions/backfill/events.ts';
import { createBackfill } from '../../functions/backfill/handler.ts';
import {
  type Backfills,
  backfillIds,
  type EndedBackfill,
  type KnownBackfill,
  lookAt,
  type RunOptions,
} from '../../functions/backfill/known.ts';
import { makePlan } from '../../functions/backfill/plan.ts';
import type { BackfillPlan } from '../../functions/backfill/plan-record.ts';
import { type BackfillReport, countsOf } from '../../functions/backfill/report.ts';
import { checkId } from '../../functions/backfill/request.ts';
import type { Summary } from '../../functions/backfill/summarise.ts';
import { Work } from '../../functions/backfill/work.ts';
import { messageOf } from '../../functions/backfill/workflow/failure.ts';
import { assertNoErasure } from '../../functions/forget/backfills.ts';
import { abandonLoad } from '../../functions/load/load.ts';
import { shardOfLoad } from '../../functions/load/loads.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { dataFolder } from '../runtime/folder.ts';
import { lockCompaction } from '../runtime/lock.ts';
import { ensureFolder, type FoundHistory, findHistory, type HistoryFiles, type LoadOutcome, loadFound } from './load.ts';
import { type LocalBackfill, openBackfill } from './ports.ts';
import { runBackfill } from './run.ts';

export type {
  Answer,
  BackfillPlan,
  BackfillReport,
  BackfillRequest,
  Backfills,
  EndedBackfill,
  FoundHistory,
  HistoryFiles,
  KnownBackfill,
  LoadOutcome,
  Summary,
};
export { countsOf, findHistory };

/** The backfills of a data folder. */
export class FolderBackfills implements Backfills {
  private readonly root: string;
  private readonly loaded: LoadedPipeline;
  private readonly clock: () => number;
  private readonly store: FolderObjectStore;

  constructor(root: string, loaded: LoadedPipeline, clock: () => number) {
    this.root = root;
    this.loaded = loaded;
    this.clock = clock;
    this.store = new FolderObjectStore(dataFolder(root).backfill);
  }

  /** What a backfill would take; nothing is begun. */
  async plan(request: BackfillRequest): Promise<BackfillPlan> {
    return this.withPorts(({ ports }) => makePlan(ports, 'dry-run', request));
  }

  /** Begins a backfill, or goes on with a known one, whose own request counts then. */
  async run(id: string, request: BackfillRequest | undefined, options: RunOptions): Promise<EndedBackfill> {
    checkId(id);
    const known = await this.look(id);
    const asked = known.plan?.request ?? request;
    if (asked === undefined)
      throw usageError('backfill', id, 'one that --list shows; a load that was stopped goes on with the command that began it');
    return this.withPorts(({ ports }) =>
      this.whileLocked(asked, async () => {
        assertGoesOn(await this.look(id));
        const result = await runBackfill({ ports, id, request: asked, ...options });
        const end = result.status === 'aborted' ? 'stopped' : result.status;
        const message = result.status === 'failed' ? messageOf({ Error: result.error, Cause: result.cause }) : undefined;
        return { ...(await this.look(id)), end, message };
      }),
    );
  }

  /**
   * Loads history from files, and makes windows and rows of it; the same again goes on where it was, and does no harm. `onLoaded` hears of
   * the load before its backfill begins.
   */
  async load(
    files: FoundHistory,
    request: Pick<BackfillRequest, 'approveAbove'>,
    options: RunOptions & { readonly onLoaded: (outcome: LoadOutcome) => void },
  ): Promise<EndedBackfill> {
    await ensureFolder(this.root, this.loaded);
    const { signal } = options;
    const outcome = await this.withPorts(({ ports }) =>
      this.whileLocked(undefined, () => loadFound(ports, files, { root: this.root, signal })),
    ).catch((error: unknown) => {
      if (signal?.aborted === true) return undefined;
      throw error;
    });
    if (outcome === undefined) return { ...(await this.look(shardOfLoad(files.id))), end: 'stopped', message: undefined };
    const id = await this.idOfLoad(outcome.load.shardId);
    options.onLoaded(outcome);
    return this.run(id, { ...outcome.request, ...request }, options);
  }

  /** The backfill of a load: a new one if all before have failed. */
  private async idOfLoad(shardId: string): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      const id = tries === 1 ? shardId : `${shardId}-${tries}`;
      if ((await this.look(id)).report === undefined) return id;
    }
  }

  /** Takes down what a person says to one that waits; the first word counts. */
  async answer(id: string, given: Answer): Promise<void> {
    assertAnswerable(await this.look(id));
    await answer(this.workOf(id), given);
  }

  /** Gives one up: what it has published is taken back. */
  async abandon(id: string, by: string): Promise<void> {
    const { plan } = await this.look(id);
    await this.withPorts(({ ports }) =>
      this.whileLocked(plan?.request, async () => {
        if (await abandonLoad(ports, id)) return;
        const known = await this.look(id);
        if (known.plan === undefined) throw usageError('backfill', id, 'one that --list shows');
        assertUnfinished(known);
        const failure = abandonedBy(by);
        const step = createBackfill(ports);
        await step({ step: 'compensate', id, failure });
        await step({ step: 'report', id, failure });
      }),
    );
  }

  /** Ids of all backfills, the oldest first. */
  async ids(): Promise<string[]> {
    return backfillIds(this.store);
  }

  /** What is known of one. */
  async look(id: string): Promise<KnownBackfill> {
    return lookAt({ objects: this.store, files: this.store }, id);
  }

  private workOf(id: string): Work {
    return new Work({ objects: this.store, files: this.store }, id);
  }

  private async withPorts<T>(use: (backfill: LocalBackfill) => Promise<T>): Promise<T> {
    const opened = await openBackfill({ dataDir: this.root, loaded: this.loaded, clock: this.clock, askPeople: async () => {} });
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  }

  /** Manifests of a folder have one writer at a time: none beside a compaction, or another backfill that publishes. And no backfill at all beside an erasure. */
  private async whileLocked<T>(request: BackfillRequest | undefined, use: () => Promise<T>): Promise<T> {
    await assertNoErasure(this.store);
    if (request?.mode === 'verify' && request.rulesVersion === undefined) return use();
    const lock = lockCompaction(join(this.root, 'lake'));
    try {
      return await use();
    } finally {
      lock.release();
    }
  }
}
