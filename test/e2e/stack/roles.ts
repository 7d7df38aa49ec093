import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';

interface Document {
  readonly Statement: readonly { readonly Sid?: string }[];
}

/** What a role may do by its own policy, and a way to take a part of it away. */
export class RoleUnderTest {
  private readonly iam: IAMClient;
  private readonly role: string;
  private readonly policy: string;
  private readonly document: Document;

  private constructor(iam: IAMClient, role: string, policy: string, document: Document) {
    this.iam = iam;
    this.role = role;
    this.policy = policy;
    this.document = document;
  }

  /** Reads the one inline policy of the role with this ARN. */
  static async read(iam: IAMClient, arn: string): Promise<RoleUnderTest> {
    const role = arn.slice(arn.lastIndexOf('/') + 1);
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: role }));
    const [policy = ''] = PolicyNames;
    if (PolicyNames.length !== 1) throw new Error(`role ${role} has ${PolicyNames.length} inline policies, not one`);
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName: policy }));
    const text = PolicyDocument.startsWith('%') ? decodeURIComponent(PolicyDocument) : PolicyDocument;
    return new RoleUnderTest(iam, role, policy, JSON.parse(text) as Document);
  }

  /** Ids of its statements. */
  get statements(): string[] {
    return this.document.Statement.flatMap(({ Sid }) => Sid ?? []);
  }

  /** Does something while the role lacks one statement, and gives it back whatever comes. */
  async without<T>(sid: string, work: () => Promise<T>): Promise<T> {
    const rest = this.document.Statement.filter(({ Sid }) => Sid !== sid);
    if (rest.length === this.document.Statement.length) throw new Error(`role ${this.role} has no statement ${sid}`);
    await this.write({ ...this.document, Statement: rest });
    try {
      return await work();
    } finally {
      await this.write(this.document);
    }
  }

  private async write(document: Document): Promise<void> {
    const PolicyDocument = JSON.stringify(document);
    await this.iam.send(new PutRolePolicyCommand({ RoleName: this.role, PolicyName: this.policy, PolicyDocument }));
  }
}

/** What a person may do with some resources. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Makes a person who may do this and nothing else; the credentials, as commands find them in their environment. */
export async function makePerson(iam: IAMClient, name: string, grants: readonly Grant[]): Promise<Record<string, string>> {
  await iam.send(new CreateUserCommand({ UserName: name }));
  const Statement = grants.map(({ actions, resources }) => ({ Effect: 'Allow', Action: actions, Resource: resources }));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'all', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' };
}
