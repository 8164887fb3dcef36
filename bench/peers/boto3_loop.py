"""The same as sdk-loop.ts, with boto3."""
import os
import sys
import time
import uuid

import boto3

url, count = sys.argv[1], int(sys.argv[2])
# Older ones don't know the variable, and would go to the real cloud.
sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
began = time.perf_counter()
for number in range(count):
    text = str(number).ljust(200, ".")
    sqs.send_message(QueueUrl=url, MessageBody=text, MessageGroupId="peer", MessageDeduplicationId=str(uuid.uuid4()))
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == text
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
print(count / (time.perf_counter() - began))
