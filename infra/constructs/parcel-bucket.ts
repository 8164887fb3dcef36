import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** A parcel may be asked to stay 14 days, rounded up to the hour; a day more and S3 itself removes it. */
const backstop = Duration.days(15);

/** An upload that was cut can be resumed this long; later it begins anew and its parts cost nothing any more. */
const unfinishedUploads = Duration.days(7);

export interface ParcelBucketProps {
  /** What becomes of it when the stack goes: it goes as well, once it is empty, or it stays with what it holds. */
  readonly removal: 'destroy' | 'retain';
  /** @default - CloudFormation makes up a name that is free in all of AWS */
  readonly bucketName?: string;
}

/**
 * Where encrypted files wait until they are fetched. CloudFormation deletes no bucket that still holds something: a file
 * that was not yet fetched is never lost by accident.
 */
export class ParcelBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { removal, ...props }: ParcelBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...props,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      // Refuses whatever comes without TLS, so the statement names all actions and all keys.
      enforceSSL: true,
      // A version that stays after its parcel was removed would be a copy that nobody knows of.
      versioned: false,
      lifecycleRules: [
        {
          id: 'remove-what-stayed-too-long',
          expiration: backstop,
          abortIncompleteMultipartUploadAfter: unfinishedUploads,
        },
      ],
      removalPolicy: removal === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Access logs would be a lasting record of who passed how much to whom and when, in a second bucket; what is in this one is sealed and gone in days. Who needs an audit has data events of CloudTrail.',
    });
  }
}
