"""Works that move one large stream. GB/s of payload from the start of the sender to the end of everything; the CPU time is
that of the tool's processes alone."""

import os
import subprocess
import sys
import time

from .process import Failed, cpu_of, free_port
from .work import Bar, Sample, work

HOST = "127.0.0.1"
ENDS = os.path.join(os.path.dirname(__file__), "ends.py")
GIB = {"cpu_unit": "s/GiB", "cpu_scale": 1.0}


def _sample(bench, seconds, processes):
    size = bench.settings.size
    return Sample(size / 1e9 / seconds, cpu_of(*processes), size / (1 << 30))


def _from_file(bench, receive, send, stdout, until):
    """File → sender → socket → receiver → stdout."""
    if receive is None:
        return None
    receiver = bench.start(receive, stdout=stdout)
    bench.until_listening(receiver, **until)
    source = bench.open(bench.settings.source)
    begun = time.monotonic()
    sender = bench.start(send, stdin=source)
    bench.wait(sender, receiver)
    return _sample(bench, max(sender.ended_at, receiver.ended_at) - begun, (sender, receiver))


def _end(bench, *role, pipe=None, **streams):
    """Starts one of the ends; a source gets the pipe on which it is told to begin."""
    descriptors = ()
    if pipe is not None:
        role = (role[0], str(pipe.fileno()), *role[1:])
        descriptors = (pipe.fileno(),)
    return bench.start([sys.executable, "-S", "-E", ENDS, *role], pass_fds=descriptors, **streams)


def _arrival(bench, sink):
    """When everything had come, by the word of the sink; that something is missing is a failure, not speed."""
    bench.wait(sink)
    count, moment = sink.popen.stdout.read().split()
    if int(count) != bench.settings.size:
        raise Failed(f"{bench.settings.size - int(count)} of {bench.settings.size} bytes were lost")
    return float(moment)


def _between_pipes(bench, receive, send, until):
    """Source → pipe → sender → socket → receiver → pipe → sink."""
    if receive is None:
        return None
    from_receiver, to_sink = bench.pipe()
    receiver = bench.start(receive, stdout=to_sink)
    sink = _end(bench, "sink-pipe", stdin=from_receiver, stdout=subprocess.PIPE)
    bench.until_listening(receiver, **until)
    (go, begin), (from_source, to_sender) = bench.pipe(), bench.pipe()
    source = _end(bench, "source-pipe", bench.settings.source, pipe=go, stdout=to_sender)
    time.sleep(bench.settings.settle)
    begun = time.monotonic()
    sender = bench.start(send, stdin=from_source)
    for end in (to_sink, from_receiver, to_sender, from_source):
        end.close()
    begin.write(b"x")
    arrived = _arrival(bench, sink)
    bench.wait(source, sender, receiver)
    return _sample(bench, arrived - begun, (sender, receiver))


@work("bulk", "file → tool → TCP → tool → /dev/null", "GB/s", bar=Bar("≥", 2.1), **GIB)
def bulk(bench, tool):
    port = free_port()
    receive, send = tool.receive(HOST, port), tool.send(HOST, port)
    return _from_file(bench, receive, send, subprocess.DEVNULL, {"port": port})


@work("tmpfs", "file → tool → TCP → tool → file on tmpfs", "GB/s", bar=Bar("≥", 1.1), **GIB)
def tmpfs(bench, tool):
    port, path = free_port(), bench.path("received")
    target = bench.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    sample = _from_file(bench, tool.receive(HOST, port), tool.send(HOST, port), target, {"port": port})
    if sample:
        _same(bench.settings.source, path)
    return sample


def _same(sent, received):
    with open(sent, "rb") as left, open(received, "rb") as right:
        while True:
            pair = left.read(1 << 20), right.read(1 << 20)
            if pair[0] != pair[1]:
                raise Failed("what arrived is not what was sent")
            if not pair[0]:
                return


@work("pipe", "pipe → tool → TCP → tool → pipe", "GB/s", bar=Bar("≥", 1.7), **GIB)
def pipe(bench, tool):
    port = free_port()
    return _between_pipes(bench, tool.receive(HOST, port), tool.send(HOST, port), {"port": port})


@work("unix", "file → tool → Unix stream → tool → /dev/null", "GB/s", bar=Bar("≥", 4.0), **GIB)
def unix_file(bench, tool):
    path = bench.path("s")
    return _from_file(bench, tool.receive_unix(path), tool.send_unix(path), subprocess.DEVNULL, {"path": path})


@work("unix", "pipe → tool → Unix stream → tool → pipe", "GB/s", bar=Bar("≥", 3.0), **GIB)
def unix_pipe(bench, tool):
    path = bench.path("s")
    return _between_pipes(bench, tool.receive_unix(path), tool.send_unix(path), {"path": path})


@work("relay", "TCP → relay → TCP, between fast ends", "GB/s", bar=Bar("≥", 1.9), **GIB)
def relay(bench, tool):
    sink = _end(bench, "sink-tcp", stdout=subprocess.PIPE)
    target, port = int(sink.popen.stdout.readline()), free_port()
    pipeline = tool.relay(HOST, port, target)
    if pipeline is None:
        return None
    processes, stdin = [], subprocess.DEVNULL
    for index, argv in enumerate(pipeline):
        last = index == len(pipeline) - 1
        following, stdout = (None, subprocess.DEVNULL) if last else bench.pipe()
        processes.append(bench.start(argv, stdin=stdin, stdout=stdout))
        if not last:
            stdout.close()
        if index:
            stdin.close()
        stdin = following
    bench.until_listening(processes[0], port=port)
    go, begin = bench.pipe()
    source = _end(bench, "source-tcp", str(port), bench.settings.source, pipe=go)
    time.sleep(bench.settings.settle)
    begun = time.monotonic()
    begin.write(b"x")
    arrived = _arrival(bench, sink)
    bench.wait(source)
    for process in processes:
        process.stop()
    return _sample(bench, arrived - begun, processes)
