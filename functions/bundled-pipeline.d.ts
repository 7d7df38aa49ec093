/** The one pipeline that a bundle is built for, with its rules as data: made by functions/bundle/pipeline-plugin.ts. */
declare module 'headrace:pipeline' {
  export const pipeline: import('../core/definition/pipeline.ts').Pipeline;
  export const rules: import('../pipelines/rule-files.ts').LoadedRules;
}
