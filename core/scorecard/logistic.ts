import { solvePositive } from './cholesky.ts';

/** Rows that fall into the same groups: of each feature one, by its index among all groups of all features. */
export interface GroupedRows {
  readonly groups: readonly number[];
  readonly rows: number;
  readonly frauds: number;
}

/** How a model is fitted. */
export interface LogisticOptions {
  /** Groups of all features together. */
  readonly groupCount: number;
  /** Half of it times the sum of squared weights is what weights cost; above 0. */
  readonly ridge: number;
  /** Where to begin; at the share of frauds, weights 0, if absent. */
  readonly start?: Model | undefined;
}

/** Log-odds of fraud: the intercept plus the weight of each group that a row is in. */
export interface Model {
  readonly intercept: number;
  readonly weights: Float64Array;
}

/** Newton doubles the exact digits with each step: this many never happen. */
const STEPS_MAX = 100;
/** A change of a log-odds that no whole point shows. */
const STEP_MIN = 1e-7;
const HALVINGS_MAX = 30;
/** Relative rounding noise of the sums: less is not a worse value. */
const NOISE = 1e-12;

/**
 * The model of greatest penalised likelihood, by Newton's method: a step that makes it worse is halved, since far from the optimum whole steps run away.
 * Sums go over the rows as given, so that equal rows in equal order give equal bits. Throws Error if it does not settle.
 */
export function fitLogistic(data: readonly GroupedRows[], { groupCount, ridge, start }: LogisticOptions): Model {
  let beta = start === undefined ? startOf(data, groupCount) : Float64Array.of(start.intercept, ...start.weights);
  let value = likelihood(data, beta, ridge);
  for (let i = 0; i < STEPS_MAX; i++) {
    const step = newtonStep(data, beta, ridge);
    const next = climbed(data, { beta, value, step, ridge });
    [beta, value] = [next.beta, next.value];
    if (step.every((one) => Math.abs(one) < STEP_MIN)) return { intercept: beta[0] ?? 0, weights: beta.slice(1) };
  }
  throw new Error(`the fit of ${groupCount} bins did not settle within ${STEPS_MAX} steps`);
}

function startOf(data: readonly GroupedRows[], groupCount: number): Float64Array {
  const rows = data.reduce((sum, one) => sum + one.rows, 0);
  const frauds = data.reduce((sum, one) => sum + one.frauds, 0);
  const beta = new Float64Array(groupCount + 1);
  beta[0] = Math.log((frauds + 0.5) / (rows - frauds + 0.5));
  return beta;
}

function logOddsOf(groups: readonly number[], beta: Float64Array): number {
  let sum = beta[0] as number;
  for (const group of groups) sum += beta[group + 1] as number;
  return sum;
}

function likelihood(data: readonly GroupedRows[], beta: Float64Array, ridge: number): number {
  let sum = 0;
  for (const { groups, rows, frauds } of data) {
    const z = logOddsOf(groups, beta);
    // log(1 + e^z), without overflow for large z.
    sum += frauds * z - rows * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
  }
  for (let k = 1; k < beta.length; k++) sum -= (ridge / 2) * (beta[k] as number) ** 2;
  return sum;
}

/** Inverse of the negative second derivatives times the gradient. */
function newtonStep(data: readonly GroupedRows[], beta: Float64Array, ridge: number): Float64Array {
  const size = beta.length;
  const gradient = new Float64Array(size);
  const hessian = Array.from({ length: size }, () => new Float64Array(size));
  for (const { groups, rows, frauds } of data) {
    const share = 1 / (1 + Math.exp(-logOddsOf(groups, beta)));
    const [rest, weight] = [frauds - rows * share, rows * share * (1 - share)];
    const places = [0, ...groups.map((group) => group + 1)];
    for (const a of places) {
      gradient[a] = (gradient[a] as number) + rest;
      const row = hessian[a] as Float64Array;
      for (const b of places) row[b] = (row[b] as number) + weight;
    }
  }
  for (let k = 1; k < size; k++) {
    gradient[k] = (gradient[k] as number) - ridge * (beta[k] as number);
    const row = hessian[k] as Float64Array;
    row[k] = (row[k] as number) + ridge;
  }
  return solvePositive(hessian, gradient);
}

interface Climb {
  readonly beta: Float64Array;
  readonly value: number;
  readonly step: Float64Array;
  readonly ridge: number;
}

/** The first of the whole step, its half, its quarter and so on that does not lead down. */
function climbed(data: readonly GroupedRows[], { beta, value, step, ridge }: Climb): Pick<Climb, 'beta' | 'value'> {
  const least = value - NOISE * Math.abs(value);
  for (let i = 0, share = 1; i < HALVINGS_MAX; i++, share /= 2) {
    const next = beta.map((one, k) => one + share * (step[k] as number));
    const reached = likelihood(data, next, ridge);
    if (reached >= least) return { beta: next, value: reached };
  }
  return { beta, value };
}
