import { DuckDBArrayType, DuckDBListType, DuckDBMapType, DuckDBStructType, type DuckDBType } from '@duckdb/node-api';

/** Whether a type holds a struct of several fields without names, of which the engine's client hands out one only. */
export function isUnnamed(duck: DuckDBType): boolean {
  if (duck instanceof DuckDBListType || duck instanceof DuckDBArrayType) return isUnnamed(duck.valueType);
  if (duck instanceof DuckDBMapType) return isUnnamed(duck.keyType) || isUnnamed(duck.valueType);
  if (!(duck instanceof DuckDBStructType)) return false;
  return new Set(duck.entryNames).size < duck.entryNames.length || duck.entryTypes.some(isUnnamed);
}
