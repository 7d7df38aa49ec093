/** Range and cut-off that most tests learn by. */
export const LEARN = ['--from', '2026-01-08', '--known-by', '2026-02-12'];

/** Last line of a fit as JSON. */
export interface Line {
  readonly transactions: number;
  readonly frauds: number;
  readonly table: readonly {
    readonly name: string;
    readonly from: number | null;
    readonly points: number;
    readonly transactions: number;
  }[];
  readonly dropped: readonly string[];
  readonly test: { readonly learnt_by: string; readonly from: string; readonly figures: Figures; readonly current: Figures } | null;
}
/** Figures of its test. */
export interface Figures {
  readonly auc: number;
  readonly transactions: number;
  readonly rule_set: string;
}

/** Reads that line. */
export const lineOf = (out: string): Line => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Line;
