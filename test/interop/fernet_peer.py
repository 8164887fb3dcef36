"""Fernet by Python's cryptography: each line of input is JSON, {"key", "seal": text} or {"key", "open": token}."""

import json
import sys

from cryptography.fernet import Fernet, InvalidToken

for line in sys.stdin:
    task = json.loads(line)
    fernet = Fernet(task["key"])
    if "seal" in task:
        answer = fernet.encrypt(task["seal"].encode("utf-8")).decode("ascii")
    else:
        try:
            answer = fernet.decrypt(task["open"]).decode("utf-8")
        except InvalidToken:
            answer = None
    print(json.dumps(answer))
