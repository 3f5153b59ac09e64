"""Works of messages: tuples from records to records, and datagrams that come faster than a busy machine likes."""

import filecmp
import os
import subprocess
import sys
import time

from .process import Failed, cpu_of, free_port
from .work import Bar, Sample, work

HOST = "127.0.0.1"
TUPLES = 1_000_000
RATE = 100_000
DATAGRAM = bytes(range(64))


def _records(settings):
    """A file of a million records of an integer, a real and a text, made once for all rounds."""
    path = settings.source + ".tsv"
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.writelines(f"{number}\t{number / 2}\tname{number % 1000}\n" for number in range(TUPLES))
    return path


@work("tuples", "TSV → tool → TCP → tool → TSV", "tuples/s", bar=Bar("≥", 1e6, absolute=True), cpu_unit="µs each", cpu_scale=1e6)
def tuples(bench, tool):
    port = free_port()
    receive, send = tool.receive_tuples(HOST, port), tool.send_tuples(HOST, port)
    if receive is None:
        return None
    records = _records(bench.settings)
    copy = bench.path("copy")
    receiver = bench.start(receive, stdout=bench.open(copy, os.O_WRONLY | os.O_CREAT))
    bench.until_listening(receiver, port=port)
    begun = time.monotonic()
    sender = bench.start(send, stdin=bench.open(records))
    bench.wait(sender, receiver)
    seconds = max(sender.ended_at, receiver.ended_at) - begun
    if not filecmp.cmp(records, copy, shallow=False):
        raise Failed("other records came")
    peaks = f"at most {sender.peak >> 20} and {receiver.peak >> 20} MiB resident"
    return Sample(TUPLES / seconds, cpu_of(sender, receiver), TUPLES, peaks)


@work(
    "datagrams",
    "100,000 datagrams of 64 bytes a second, every CPU busy",
    "% lost",
    more_is_better=False,
    bar=Bar("≤", 0.0, absolute=True),
    cpu_unit="µs each",
    cpu_scale=1e6,
)
def datagrams(bench, tool):
    port = free_port()
    receive = tool.receive_datagrams(HOST, port)
    if receive is None:
        return None
    copy = bench.path("copy")
    receiver = bench.start(receive, stdout=bench.open(copy, os.O_WRONLY | os.O_CREAT))
    bench.until_receiving(receiver, port)
    for _ in range(os.cpu_count()):
        bench.start([sys.executable, "-S", "-E", "-c", "while True: pass"])
    sent = _send_paced(port, bench.settings.seconds)
    _until_still(bench, copy)
    receiver.stop()
    received = os.path.getsize(copy) // len(DATAGRAM)
    return Sample(100 * max(0, sent - received) / sent, receiver.cpu_seconds, received)


def _send_paced(port, seconds):
    """Sends from a process of its own, which says how many it sent."""
    script = (
        "import socket, sys, time\n"
        "peer = socket.socket(type=socket.SOCK_DGRAM)\n"
        "peer.connect((sys.argv[1], int(sys.argv[2])))\n"
        "rate, seconds, data = int(sys.argv[3]), float(sys.argv[4]), bytes(range(64))\n"
        "begun, due, sent = time.monotonic(), 0, 0\n"
        "while (passed := time.monotonic() - begun) < seconds:\n"
        "    # What was not sent in time is not made up for in a heap.\n"
        "    now = min(int(passed * rate) - due, rate // 100)\n"
        "    for _ in range(now):\n"
        "        peer.send(data)\n"
        "    due, sent = int(passed * rate), sent + now\n"
        "    time.sleep(0.0005)\n"
        "print(sent)\n"
    )
    words = [sys.executable, "-S", "-E", "-c", script, HOST, str(port), str(RATE), str(seconds)]
    return int(subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=seconds + 20).stdout)


def _until_still(bench, path):
    """Until nothing more is written."""
    size = -1
    while size != (size := os.path.getsize(path)):
        bench.left()
        time.sleep(0.3)
