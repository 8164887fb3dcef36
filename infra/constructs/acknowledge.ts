import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnResource, Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag (rule AwsSolutions-IAM5) why a policy names keys of a bucket by these patterns, and by these alone.
 *
 * @param on what holds the policy
 */
export function acknowledgePatterns(on: IConstruct, bucket: Bucket, patterns: readonly string[], reason: string): void {
  const resource = bucket.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new TypeError('the bucket is not made by this app');
  const arn = `<${Stack.of(on).getLogicalId(resource)}.Arn>`;
  for (const pattern of patterns) {
    Validations.of(on).acknowledge({ id: `AwsSolutions-IAM5[Resource::${arn}/${pattern}]`, reason });
  }
}
