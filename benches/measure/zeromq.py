"""Works of ZeroMQ: messages of 100 bytes from the lines of a file to a sink. The peer is libzmq, in C (benches/libzmq.c)."""

import glob
import os
import shutil
import subprocess
import time

from .process import Failed, cpu_of, free_port
from .tools import Tool
from .work import Bar, Sample, work

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.path.join(os.path.dirname(HERE), "target", "benches", "libzmq")
HOST = "127.0.0.1"
MESSAGE = 100


class Libzmq(Tool):
    def push(self, host, port):
        return [self.program, "push", f"tcp://{host}:{port}", "0"]

    def pull(self, host, port, count):
        return [self.program, "pull", f"tcp://{host}:{port}", str(count)]


def _library():
    """libzmq as the system has it, or as pyzmq brings it."""
    try:
        import zmq
    except ImportError:
        return ["-lzmq"]
    brought = glob.glob(os.path.join(os.path.dirname(zmq.__file__), "..", "pyzmq.libs", "libzmq*.so*"))
    return [brought[0], f"-Wl,-rpath,{os.path.dirname(os.path.realpath(brought[0]))}"] if brought else ["-lzmq"]


def libzmq():
    """The peer, compiled; none where there is no compiler or no library."""
    if not shutil.which("cc"):
        return []
    os.makedirs(os.path.dirname(TARGET), exist_ok=True)
    command = ["cc", "-O2", "-o", TARGET, os.path.join(HERE, "libzmq.c"), *_library()]
    built = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [Libzmq("libzmq", TARGET)] if built.returncode == 0 else []


def _lines(bench, count):
    path = bench.path("lines")
    with open(path, "wb") as file:
        for first in range(0, count, 10_000):
            numbers = range(first, min(first + 10_000, count))
            file.write(b"".join(b"%0*d\n" % (MESSAGE, number) for number in numbers))
    return path


def _messages(bench, push, pull, port, count):
    source, sink = _lines(bench, count), bench.path("sink")
    output = bench.open(sink, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    receiver = bench.start(pull, stdout=output)
    bench.until_listening(receiver, port=port)
    stdin, begun = bench.open(source), time.monotonic()
    sender = bench.start(push, stdin=stdin)
    bench.wait(sender, receiver)
    if os.path.getsize(sink) != os.path.getsize(source):
        raise Failed("messages were lost")
    seconds = max(sender.ended_at, receiver.ended_at) - begun
    return Sample(count / 1e6 / seconds, cpu_of(sender, receiver), count / 1e6)


def _count(bench):
    return bench.settings.size // 512


CPU = {"cpu_unit": "s/M", "cpu_scale": 1.0}


@work("zeromq", "file → PUSH → TCP → PULL → file on tmpfs, 100-byte messages", "M messages/s", bar=Bar("≥", 5.0), **CPU)
def to_itself(bench, tool):
    if not hasattr(tool, "push"):
        return None
    port, count = free_port(), _count(bench)
    return _messages(bench, tool.push(HOST, port), tool.pull(HOST, port, count), port, count)


@work("zeromq", "the same into libzmq's PULL", "M messages/s", bar=Bar("≥", 1.5), **CPU)
def into_libzmq(bench, tool):
    if not hasattr(tool, "push") or not os.path.exists(TARGET):
        return None
    port, count = free_port(), _count(bench)
    return _messages(bench, tool.push(HOST, port), Libzmq("libzmq", TARGET).pull(HOST, port, count), port, count)
