declare module 'parquetjs-lite' {
  /** Plain column kinds that other readers take without surprise. */
  interface PlainField {
    readonly type: 'UTF8' | 'INT64' | 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP_MILLIS';
    readonly optional?: boolean;
  }

  interface WriterOptions {
    readonly useDataPageV2?: boolean;
  }

  type PlainValue = string | number | boolean;

  class ParquetSchema {
    constructor(fields: Readonly<Record<string, PlainField>>);
  }

  class ParquetWriter {
    static openFile(schema: ParquetSchema, path: string, options?: WriterOptions): Promise<ParquetWriter>;
    appendRow(row: Readonly<Record<string, PlainValue>>): Promise<void>;
    close(): Promise<void>;
  }

  const parquet: { readonly ParquetSchema: typeof ParquetSchema; readonly ParquetWriter: typeof ParquetWriter };
  export default parquet;
}
