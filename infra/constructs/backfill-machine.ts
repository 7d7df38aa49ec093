import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { backfillDefinition } from '../../functions/backfill/workflow/definition.ts';
import { WORK_FOLDER } from '../../functions/backfill/workflow/states.ts';
import type { Installation } from '../installation.ts';
import { machineAccess, roleOf } from './backfill-roles.ts';

/** Items at a time unless an execution says otherwise: leaves most of an account's first thousand calls to the stream. */
const CONCURRENCY = 40;

/** The workflow of backfills as a state machine; the same text runs on one machine. */
export class BackfillMachine extends Construct {
  readonly machine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    installation: Installation,
    { functionArn, lakeKey }: { readonly functionArn: string; readonly lakeKey: IKey },
  ) {
    super(scope, id);
    const { names, logRetention, operationsKey } = installation;
    const destination = new LogGroup(this, 'Logs', {
      // Groups of this prefix do not use up the one policy that an account has for all of them.
      logGroupName: `/aws/vendedlogs/states/${names.backfill}`,
      retention: logRetention,
      encryptionKey: operationsKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = roleOf(this, 'Role', {
      service: 'states',
      description: 'Backfill: calls its steps, runs its maps, and nothing else.',
      permissions: machineAccess(names, { functionArn, lakeKey }),
    });
    const definition = backfillDefinition({
      functionArn,
      bucket: names.lakeBucket,
      workPrefix: WORK_FOLDER,
      concurrency: CONCURRENCY,
      partition: Aws.PARTITION,
    });
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: names.backfill,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      // Nothing but the permissions above: the library would add its own wildcards.
      role: role.withoutPolicyUpdates(),
      // Who did what and when, never with which data: names of errors stand in the report.
      logs: { destination, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    this.machine.node.addDependency(role);
  }
}
