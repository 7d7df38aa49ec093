/**
 * Solves A x = b for a symmetric positive definite matrix, whose rows are given up to the diagonal at least. Neither is changed.
 * Throws RangeError for another matrix.
 */
export function solvePositive(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const lower = factorOf(matrix);
  const size = right.length;
  const solved = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solved[i] = at(solved, i) - at(lower[i], k) * at(solved, k);
    solved[i] = at(solved, i) / at(lower[i], i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solved[i] = at(solved, i) - at(lower[k], i) * at(solved, k);
    solved[i] = at(solved, i) / at(lower[i], i);
  }
  return solved;
}

/** The lower triangle whose product with its transpose is the matrix. */
function factorOf(matrix: readonly Float64Array[]): Float64Array[] {
  const lower = matrix.map(({ length }) => new Float64Array(length));
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j++) {
      let rest = at(matrix[i], j);
      for (let k = 0; k < j; k++) rest -= at(row, k) * at(lower[j], k);
      if (i === j && !(rest > 0)) throw new RangeError(`the matrix is not positive definite: ${rest} on its diagonal`);
      row[j] = i === j ? Math.sqrt(rest) : rest / at(lower[j], j);
    }
  }
  return lower;
}

function at(row: Float64Array | undefined, i: number): number {
  return row?.[i] ?? Number.NaN;
}
