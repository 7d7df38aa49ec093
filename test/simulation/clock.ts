interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: tasks run one at a time in the order of their times, and everything that follows from one runs before the next. */
export class VirtualTime {
  nowMs: number;
  steps = 0;
  /** A binary heap: a schedule has thousands of tasks, and a sorted list would be most of its time. */
  private readonly heap: Task[] = [];
  private made = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Runs `run` in `delayMs` of virtual time. */
  after(delayMs: number, run: () => void): void {
    this.made += 1;
    this.push({ atMs: this.nowMs + Math.max(0, Math.round(delayMs)), order: this.made, run });
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Runs tasks until `isDone`, or until none is left, or past `untilMs`. */
  async run(isDone: () => boolean, untilMs: number): Promise<void> {
    for (let task = this.pop(); task !== undefined; task = this.pop()) {
      if (task.atMs > untilMs) return;
      this.nowMs = Math.max(this.nowMs, task.atMs);
      this.steps += 1;
      task.run();
      // Promises that the task resolved go on before the next task; a turn of the event loop sees them all to their end.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isDone()) return;
    }
  }

  private push(task: Task): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Task;
      if (!isBefore(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
  }

  private pop(): Task | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
