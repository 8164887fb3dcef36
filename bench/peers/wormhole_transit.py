"""
magic-wormhole's direct transfer, by its own library, between two processes on 127.0.0.1: what `wormhole send` and
`wormhole receive` do once they have found each other. The mailbox, which only passes a few words, is left out; the
sender prints its port, the receiver is given it. The receiver prints the seconds from the connection to the last byte.
"""
import hashlib
import os
import sys
import time

from twisted.internet import defer, endpoints, reactor, task
from twisted.protocols import basic
from wormhole import transit

KEY = b"k" * transit.TransitSender.TRANSIT_KEY_LENGTH


class Sender(transit.TransitSender):
    def _build_listener(self):
        port = transit.allocate_tcp_port()
        endpoint = endpoints.serverFromString(self._reactor, "tcp:%d:interface=127.0.0.1" % port)
        return [transit.DirectTCPV1Hint("127.0.0.1", port, 0.0)], endpoint


@defer.inlineCallbacks
def hang_up(pipe):
    """Closes once everything is written: a process that ended sooner would lose it."""
    pipe.close()
    while pipe.transport.connected:
        yield task.deferLater(reactor, 0.01, lambda: None)


@defer.inlineCallbacks
def send(path):
    sender = Sender(None)
    hints = yield sender.get_connection_hints()
    sender.set_transit_key(KEY)
    print(hints[0]["port"], flush=True)
    pipe = yield sender.connect()
    hasher = hashlib.sha256()

    def count_and_hash(data):
        hasher.update(data)
        return data

    with open(path, "rb") as file:
        yield basic.FileSender().beginFileTransfer(file, pipe, transform=count_and_hash)
    assert (yield pipe.receive_record()) == hasher.digest()
    yield hang_up(pipe)


@defer.inlineCallbacks
def receive(port, path, size):
    receiver = transit.TransitReceiver(None, no_listen=True)
    # Makes it ready to connect; without a listener of its own there are none.
    yield receiver.get_connection_hints()
    receiver.set_transit_key(KEY)
    receiver.add_connection_hints([{"type": "direct-tcp-v1", "priority": 0.0, "hostname": "127.0.0.1", "port": port}])
    pipe = yield receiver.connect()
    began = time.perf_counter()
    hasher = hashlib.sha256()
    with open(path + ".tmp", "wb") as file:
        received = yield pipe.writeToFile(file, size, lambda count: None, hasher.update)
    assert received == size
    os.rename(path + ".tmp", path)
    print(time.perf_counter() - began, flush=True)
    pipe.send_record(hasher.digest())
    yield hang_up(pipe)


def main(_reactor):
    if sys.argv[1] == "send":
        return send(sys.argv[2])
    return receive(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))


task.react(main)
