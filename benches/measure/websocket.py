"""Works of WebSockets: a large stream through both ends, and messages of 100 bytes that come faster than any tool takes them.

The peer is websocat, where it is installed.
"""

import os
import shutil
import subprocess
import sys
import time

from .process import Failed, cpu_of, free_port
from .tools import Tool
from .work import Bar, Sample, work

HOST = "127.0.0.1"
ENDS = os.path.join(os.path.dirname(__file__), "ends.py")
# A message of ends.py, and the line that it becomes.
LINE = 101
# Seconds without anything after which nothing more is awaited.
STILL = 2.0


class Websocat(Tool):
    def receive_messages(self, host, port):
        return [self.program, "--text", "-u", f"ws-l:{host}:{port}", "-"]

    def receive_websocket(self, host, port):
        return [self.program, "--binary", "-B", "1048576", "-u", f"ws-l:{host}:{port}", "-"]

    def send_websocket(self, host, port):
        return [self.program, "--binary", "-B", "262144", "-u", "-", f"ws://{host}:{port}/"]


def websocat():
    """The peer; none where it is missing."""
    path = shutil.which("websocat")
    return [Websocat("websocat", path)] if path else []


def _missing():
    return "" if shutil.which("websocat") else "websocat is missing"


@work("websocket", "file → tool → WebSocket → tool → /dev/null", "GB/s", bar=Bar("≥", 3.5), cpu_unit="s/GiB", cpu_scale=1.0)
def bulk(bench, tool):
    if not hasattr(tool, "send_websocket"):
        return None
    port = free_port()
    receiver = bench.start(tool.receive_websocket(HOST, port))
    bench.until_listening(receiver, port=port)
    source, begun = bench.open(bench.settings.source), time.monotonic()
    sender = bench.start(tool.send_websocket(HOST, port), stdin=source)
    size = bench.settings.size
    came, arrived = _arrival(bench, lambda: _written(receiver), size)
    sender.stop()
    receiver.stop()
    notes = [_missing(), f"{100 * (size - came) / size:.1f} % lost" if came < size else ""]
    note = ", ".join(filter(None, notes))
    return Sample(came / 1e9 / (arrived - begun), cpu_of(sender, receiver), came / (1 << 30), note)


def _written(process):
    """How much a program has written, by proc_pid_io(5); a few bytes may have gone elsewhere than to its stdout."""
    try:
        with open(f"/proc/{process.pid}/io") as facts:
            return next(int(line.split()[1]) for line in facts if line.startswith("wchar:"))
    except ProcessLookupError:
        return 0


def _arrival(bench, count, size):
    """How much came, and when the last of it did: a tool may go on waiting, or lose what is left."""
    came, moment, still_since = 0, None, time.monotonic()
    while came < size and time.monotonic() - still_since < STILL:
        now = count()
        if now > came:
            came, moment, still_since = now, time.monotonic(), time.monotonic()
        bench.left()
        time.sleep(0.001)
    if moment is None:
        raise Failed("nothing came")
    return came, moment


@work(
    "websocket",
    "messages of 100 bytes → WebSocket → tool → file on tmpfs",
    "M messages/s",
    bar=Bar("≥", 10.0),
    cpu_unit="s/M",
    cpu_scale=1.0,
)
def messages(bench, tool):
    if not hasattr(tool, "receive_messages"):
        return None
    port, copy, count = free_port(), bench.path("copy"), bench.settings.size // 512
    receiver = bench.start(tool.receive_messages(HOST, port), stdout=bench.open(copy, os.O_WRONLY | os.O_CREAT))
    bench.until_listening(receiver, port=port)
    go, begin = bench.pipe()
    source = bench.start(
        [sys.executable, "-S", "-E", ENDS, "source-ws", str(go.fileno()), str(port), str(count)],
        pass_fds=(go.fileno(),),
        stdout=subprocess.PIPE,
    )
    # It says so when it is connected.
    source.popen.stdout.readline()
    begun = time.monotonic()
    begin.write(b"x")
    came, arrived = _arrival(bench, lambda: os.path.getsize(copy), count * LINE)
    receiver.stop()
    if came != count * LINE:
        raise Failed("messages were lost")
    return Sample(count / 1e6 / (arrived - begun), cpu_of(receiver), count / 1e6, _missing())
