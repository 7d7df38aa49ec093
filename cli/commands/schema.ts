import { jsonSchemaOf } from '../../core/events/json-schema.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, helpText, PIPELINE_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { writeOut } from '../output.ts';

const FLAGS = {
  pipeline: PIPELINE_FLAG,
  json: { kind: 'switch', help: 'on one line' },
} as const satisfies Flags;

const SUMMARY = 'Prints the JSON Schema of the events that producers send.';

/** `headrace schema`: the contract for producers. */
export const command: Command = {
  name: 'schema',
  summary: SUMMARY,
  help: helpText({
    usage: 'schema [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    examples: [
      ['schema > payments.schema.json', 'for a validator'],
      ['schema --pipeline examples/sensor-readings', 'of another pipeline'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const { pipeline } = await loadPipeline(flags.pipeline);
    writeOut(`${JSON.stringify(jsonSchemaOf(pipeline), null, flags.json ? 0 : 2)}\n`);
    return 0;
  },
};
