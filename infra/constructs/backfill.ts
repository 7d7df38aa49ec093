import { Size as Bytes } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FUNCTION_TIMEOUT_S } from '../../functions/backfill/workflow/retries.ts';
import type { Installation } from '../installation.ts';
import { BackfillMachine } from './backfill-machine.ts';
import { backfillAccess, starterRole } from './backfill-roles.ts';
import { failureQueue } from './failure-queue.ts';
import { PipelineFunction } from './pipeline-function.ts';
import type { Storage } from './storage.ts';

/** Half is the engine's, the other half Node's with what one slice holds. */
const MEMORY_MB = 2048;
/** Files of one slice on their way. */
const SCRATCH_GIB = 4;
/** What the lake is checked against each night: days whose late events are in, and that people still look at. */
const NIGHTLY = { request: { mode: 'verify', lastDays: 3 } } as const;

/** Backfill: the function that takes all steps, the state machine around it, and a check of the last days each night. */
export class Backfill extends Construct {
  /** Name of the queue of nights that were not started. */
  readonly failuresName: string;

  constructor(scope: Construct, id: string, installation: Installation, storage: Storage) {
    super(scope, id);
    const { function: steps } = new PipelineFunction(this, 'Steps', {
      installation,
      service: 'backfill',
      description: 'Recomputes a range from the archive, compares and publishes it, step by step.',
      memoryMb: MEMORY_MB,
      timeoutS: FUNCTION_TIMEOUT_S,
      // The engine's library comes with the installation of whoever deploys, for this architecture.
      architecture: Architecture.X86_64,
      scratch: Bytes.gibibytes(SCRATCH_GIB),
      permissions: backfillAccess(installation, storage),
    });
    const machine = new BackfillMachine(this, 'Machine', installation, { functionArn: steps.functionArn, lakeKey: storage.lakeKey });
    const { names, operationsKey } = installation;
    this.failuresName = `${names.backfill}-failures`;
    const failures = failureQueue(this, 'Failures', { name: this.failuresName, key: operationsKey });
    this.nightly(installation, machine, failures);
  }

  private nightly({ names }: Installation, { machine }: BackfillMachine, failures: Queue): void {
    new Rule(this, 'Nightly', {
      ruleName: `${names.backfill}-nightly`,
      description: 'Checks each night that the lake is what the stream would make.',
      schedule: Schedule.cron({ hour: '4', minute: '30' }),
      targets: [
        new SfnStateMachine(machine, {
          input: RuleTargetInput.fromObject(NIGHTLY),
          deadLetterQueue: failures,
          retryAttempts: 8,
          // Nothing but what it needs: the library would add a policy of its own.
          role: starterRole(this, names).withoutPolicyUpdates(),
        }),
      ],
    });
  }
}
