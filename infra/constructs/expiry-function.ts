import { join } from 'node:path';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role as IamRole, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledgePatterns } from './acknowledge.ts';

const root = join(import.meta.dirname, '..', '..');

export interface ExpiryFunctionProps {
  readonly bucket: Bucket;
  /** Of the function, its role and the rule. */
  readonly name: string;
  readonly logGroupName: string;
}

/**
 * Removes parcels whose time has passed, every hour. What it could not remove it tries again an hour later, so nobody
 * repeats a run that failed.
 */
export class ExpiryFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { bucket, name, logGroupName }: ExpiryFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.function = new NodejsFunction(this, 'Function', {
      functionName: name,
      description: 'Removes files whose time in the drop has passed',
      entry: join(root, 'lambdas', 'expire-drops', 'handler.ts'),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.minutes(5),
      retryAttempts: 0,
      role: this.#role(name, bucket, logGroup),
      logGroup,
      environment: { BUCKET: bucket.bucketName },
      bundling: {
        // All of it in the one file: what is tested is what runs, whatever SDK the runtime brings.
        bundleAwsSDK: true,
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        // Some of the libraries are CommonJS and ask for require.
        banner: "import{createRequire as __btrRequire}from'node:module';const require=__btrRequire(import.meta.url);",
      },
    });
    new Rule(this, 'Schedule', {
      ruleName: name,
      description: 'Every hour, some minutes after the time of parcels ends',
      schedule: Schedule.cron({ minute: '5' }),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
  }

  /** Written out, for the policy that AWS keeps for functions may make log groups and write to any. */
  #role(name: string, bucket: Bucket, logGroup: LogGroup): IamRole {
    const parcels = ['a/*', 'b/*'];
    const role = new IamRole(this, 'Role', {
      roleName: name,
      description: 'What the function that removes files whose time has passed may do',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        'expire-drops': new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: 'ListParcels',
              actions: ['s3:ListBucket'],
              resources: [bucket.bucketArn],
              // Whatever it asks for begins with a role; keys of parcels go on with what nobody knows beforehand.
              conditions: { StringLike: { 's3:prefix': parcels } },
            }),
            new PolicyStatement({
              sid: 'ListUploads',
              actions: ['s3:ListBucketMultipartUploads'],
              resources: [bucket.bucketArn],
            }),
            new PolicyStatement({
              sid: 'RemoveParcels',
              actions: ['s3:DeleteObject', 's3:AbortMultipartUpload'],
              resources: parcels.map((pattern) => bucket.arnForObjects(pattern)),
            }),
            new PolicyStatement({
              sid: 'WriteLogs',
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              // This ARN ends in `:*`, any stream of the group: their names are made up by Lambda.
              resources: [logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    acknowledgePatterns(
      role,
      bucket,
      parcels,
      'It removes any parcel of either side once its time has passed; which ones is known only then.',
    );
    return role;
  }
}
