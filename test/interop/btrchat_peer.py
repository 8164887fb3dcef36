"""The original btrchat's client, as far as its wire goes: Fernet texts through FIFO queues that are found by name.

    btrchat_peer.py send QUEUE PIN SUFFIX          each line of input is a message, as JSON
    btrchat_peer.py receive QUEUE PIN SUFFIX COUNT  prints so many messages, as JSON, then ends

The endpoint and credentials are the usual variables of AWS. Like the original it looks queues up by name, sends with
the group id `btrchat` and without a deduplication id, deletes a message after printing it, and knows no other key than
PIN and suffix read as one Fernet key. What it can't decrypt ends it.
"""

import json
import os
import sys

import boto3
from cryptography.fernet import Fernet


def main(action, queue_name, pin, suffix, count="0"):
    fernet = Fernet(pin + suffix)
    sqs = boto3.resource("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    queue = sqs.get_queue_by_name(QueueName=queue_name)
    if action == "send":
        for line in sys.stdin:
            token = fernet.encrypt(json.loads(line).encode("utf-8"))
            queue.send_message(MessageBody=token.decode("ascii"), MessageGroupId="btrchat")
        return
    left = int(count)
    while left > 0:
        for message in queue.receive_messages(WaitTimeSeconds=20):
            text = fernet.decrypt(message.body.encode("ascii")).decode("utf-8")
            print(json.dumps(text), flush=True)
            message.delete()
            left -= 1


main(*sys.argv[1:])
