import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Construct } from 'constructs';
import { functionName } from '../names.ts';
import { failureQueue } from './failure-queue.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

/** What a function that events start needs. */
export interface ScheduledFunctionProps extends PipelineFunctionProps {
  readonly every: Duration;
  /** Other events that start it. */
  readonly also?: EventPattern;
  /** How often a failed call is tried again, 0 to 2; 0 where the next tick does the same work. */
  readonly retries: number;
}

/** A function started by the clock, and a queue for the calls that came to nothing. */
export class ScheduledFunction extends Construct {
  readonly function: PipelineFunction;
  /** Name of the queue of calls that came to nothing. */
  readonly failuresName: string;
  readonly rules: readonly Rule[];

  constructor(scope: Construct, id: string, props: ScheduledFunctionProps) {
    super(scope, id);
    const { installation, service, every, also, retries } = props;
    const name = functionName(installation.names, service);
    this.failuresName = `${name}-failures`;
    const failures = failureQueue(this, 'Failures', { name: this.failuresName, key: installation.operationsKey });
    this.function = new PipelineFunction(this, 'Function', {
      ...props,
      permissions: [
        ...props.permissions,
        { sid: 'Failures', actions: ['sqs:SendMessage'], resources: [failures.queueArn] },
        { sid: 'FailuresKey', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [installation.operationsKey.keyArn] },
      ],
    });
    this.function.function.configureAsyncInvoke({
      retryAttempts: retries,
      maxEventAge: every.toSeconds() < 3600 ? Duration.minutes(5) : Duration.hours(1),
      onFailure: new SqsDestination(failures),
    });
    const target = (): LambdaTarget => new LambdaTarget(this.function.function, { deadLetterQueue: failures, retryAttempts: 8 });
    const tick = new Rule(this, 'Tick', {
      ruleName: `${name}-tick`,
      description: `Starts ${service} on time.`,
      schedule: Schedule.rate(every),
      targets: [target()],
    });
    const more =
      also === undefined
        ? []
        : [
            new Rule(this, 'Event', {
              ruleName: `${name}-event`,
              description: `Starts ${service} when there is work.`,
              eventPattern: also,
              targets: [target()],
            }),
          ];
    this.rules = [tick, ...more];
  }
}
