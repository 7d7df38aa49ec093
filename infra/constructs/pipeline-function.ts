import { Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ServiceName } from '../../lake/metrics.ts';
import type { Installation } from '../installation.ts';
import { functionName } from '../names.ts';

/** What one function may do: a name for people, the actions, and what they act on. */
export interface Permission {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** What one function needs. */
export interface PipelineFunctionProps {
  readonly installation: Installation;
  readonly service: ServiceName;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutS: number;
  readonly permissions: readonly Permission[];
  /** Default: the cheaper one. */
  readonly architecture?: Architecture;
  /** Space for files; Lambda gives half a gibibyte unless asked. */
  readonly scratch?: Size;
}

/** One function of the pipeline with a role and a log group of its own: it can do what its permissions say and nothing else. */
export class PipelineFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const { installation, service, memoryMb, timeoutS } = props;
    const name = functionName(installation.names, service);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: installation.logRetention,
      encryptionKey: installation.operationsKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = roleOf(this, props, logGroup);
    this.function = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: props.description,
      code: Code.fromAsset(installation.assetDir(service)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      ...(props.scratch === undefined ? {} : { ephemeralStorageSize: props.scratch }),
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutS),
      // Nothing but the permissions below: the library would add its own wildcards.
      role: this.role.withoutPolicyUpdates(),
      logGroup,
      tracing: Tracing.ACTIVE,
      environment: environmentOf(props),
    });
    // Only the role's name ties the two together, and a function without its permissions fails at once.
    this.function.node.addDependency(this.role);
  }
}

function environmentOf({ installation, service }: PipelineFunctionProps): Record<string, string> {
  const { names, pipeline, streamArn, alertTopicArn, operatorTopicArn } = installation;
  return {
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_SERVICE_NAME: service,
    LOG_LEVEL: 'INFO',
    HEADRACE_PIPELINE: pipeline,
    HEADRACE_STREAM: names.stream,
    HEADRACE_STREAM_ARN: streamArn,
    HEADRACE_STATE_TABLE: names.stateTable,
    HEADRACE_DELIVERY_PREFIX: names.prefix,
    HEADRACE_LAKE_BUCKET: names.lakeBucket,
    HEADRACE_DATABASE: names.landingDatabase,
    HEADRACE_WORKGROUP: names.workgroup,
    HEADRACE_BUS: names.bus,
    HEADRACE_TOPIC_ARN: alertTopicArn,
    HEADRACE_OPERATOR_TOPIC_ARN: operatorTopicArn,
    HEADRACE_NAMESPACE: names.metricNamespace,
  };
}

function roleOf(scope: Construct, { service, permissions }: PipelineFunctionProps, logGroup: LogGroup): Role {
  const common: Permission[] = [
    { sid: 'Logs', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    // X-Ray knows no resources: see acknowledgements.ts.
    { sid: 'Traces', actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] },
  ];
  return new Role(scope, 'Role', {
    // No condition on the account: a role can be passed to functions of its own account only.
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Function ${service}: what its handler calls, and nothing else.`,
    inlinePolicies: {
      Function: new PolicyDocument({
        statements: [...permissions, ...common].map(
          ({ sid, actions, resources }) => new PolicyStatement({ sid, actions: [...actions], resources: [...resources] }),
        ),
      }),
    },
  });
}
