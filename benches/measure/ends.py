"""The fast ends of a measurement: what feeds a tool and what takes what it gives.

They are the same for all tools, move bytes inside the kernel, and run as processes of their own:

    python3 ends.py source-pipe GO FILE        splices FILE to stdout
    python3 ends.py sink-pipe                  splices stdin to /dev/null
    python3 ends.py source-tcp GO PORT FILE    connects to 127.0.0.1 and sends FILE
    python3 ends.py sink-tcp                   listens on 127.0.0.1, says the port, drops what comes
    python3 ends.py source-ws GO PORT COUNT    connects to 127.0.0.1 and sends COUNT messages of 100 bytes by WebSocket

A source begins when a byte comes on the descriptor GO; the one of messages says before that it is connected. A sink says how many bytes came and when (CLOCK_MONOTONIC).
"""

import os
import socket
import sys
import time

PORTION = 1 << 20
MESSAGE = "m" * 100
AT_ONCE = 5000
HANDSHAKE = """\
GET / HTTP/1.1
Host: 127.0.0.1
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

"""


def source_pipe(go, path):
    file = os.open(path, os.O_RDONLY)
    _begin(go)
    while os.splice(file, 1, PORTION):
        pass


def sink_pipe():
    null = os.open("/dev/null", os.O_WRONLY)
    total = 0
    while moved := os.splice(0, null, PORTION):
        total += moved
    _report(total)


def source_tcp(go, port, path):
    file = os.open(path, os.O_RDONLY)
    size = os.fstat(file).st_size
    with _unpaced(socket.socket()) as peer:
        peer.connect(("127.0.0.1", int(port)))
        _begin(go)
        sent = 0
        while sent < size:
            sent += os.sendfile(peer.fileno(), file, sent, PORTION)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(PORTION):
            pass


def source_ws(go, port, count):
    message = MESSAGE.encode()
    # A mask of zeros is as good as any other to who must take it off.
    frames = (bytes([0x81, 0x80 | len(message), 0, 0, 0, 0]) + message) * AT_ONCE
    with _unpaced(socket.socket()) as peer:
        peer.connect(("127.0.0.1", int(port)))
        peer.sendall(HANDSHAKE.replace("\n", "\r\n").encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += peer.recv(1)
        print("connected", flush=True)
        _begin(go)
        left = int(count)
        while left:
            share = min(left, AT_ONCE)
            peer.sendall(memoryview(frames)[: share * (len(frames) // AT_ONCE)])
            left -= share
        # Close, with 1000.
        peer.sendall(bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]))
        while peer.recv(PORTION):
            pass


def sink_tcp():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        peer, _ = listener.accept()
    space = bytearray(PORTION)
    total = 0
    # MSG_TRUNC: the kernel drops the bytes instead of copying them (tcp(7)).
    while came := peer.recv_into(space, PORTION, socket.MSG_TRUNC):
        total += came
    _report(total)
    peer.close()


def _unpaced(peer):
    """The ends must not be what is slow: a paced congestion control would be, where that is the default."""
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    return peer


def _begin(go):
    os.read(int(go), 1)


def _report(total):
    print(total, time.monotonic(), flush=True)


ROLES = {
    "source-pipe": source_pipe,
    "sink-pipe": sink_pipe,
    "source-tcp": source_tcp,
    "sink-tcp": sink_tcp,
    "source-ws": source_ws,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
