"""The same as send-once.ts, with boto3."""
import os
import sys
import uuid

import boto3

# Older ones don't know the variable, and would go to the real cloud.
boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).send_message(
    QueueUrl=sys.argv[1],
    MessageBody=sys.argv[2],
    MessageGroupId="peer",
    MessageDeduplicationId=str(uuid.uuid4()),
)
