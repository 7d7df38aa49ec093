import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** A stack of one environment, named by its role: `headrace-ENV-ROLE`. */
export class HeadraceStack extends Stack {
  constructor(scope: Construct, { prefix, role, ...props }: { readonly prefix: string; readonly role: string } & StackProps) {
    super(scope, role, {
      ...props,
      stackName: `${prefix}-${role}`,
      // Nobody needs to hear of it from the templates of an installation.
      analyticsReporting: false,
    });
  }
}
