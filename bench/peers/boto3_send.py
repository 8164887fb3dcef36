"""The same as send-once.ts, with boto3."""
import sys
import uuid

import boto3

boto3.client("sqs").send_message(
    QueueUrl=sys.argv[1],
    MessageBody=sys.argv[2],
    MessageGroupId="peer",
    MessageDeduplicationId=str(uuid.uuid4()),
)
