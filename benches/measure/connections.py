"""Works of many connections, of short ones, and of short messages."""

import contextlib
import itertools
import json
import os
import select
import socket
import subprocess
import time

from .process import Failed, cpu_of, free_port, memory
from .work import Bar, Sample, work

HOST = "127.0.0.1"
WORD = b"0123456789abcdef" * 4
_fresh = itertools.count(1)


def _fresh_host():
    """A loopback address of its own for a run of short connections: the closed ones of the run before hold no ports."""
    number = next(_fresh)
    return f"127.{16 + number // 250 % 200}.{number % 250 + 1}.1"


def _load(bench, *words, cpu=None):
    """Runs the load generator and returns what it measured."""
    generator = bench.start([bench.settings.load, *words], stdout=subprocess.PIPE, cpu=cpu)
    bench.wait(generator)
    return json.loads(generator.popen.stdout.read())


@work("connect-rate", "echo, 32 at a time", "connections/s", bar=Bar("≥", 7.0), cpu_unit="µs each", cpu_scale=1e6)
def connect_rate(bench, tool):
    host = _fresh_host()
    port = free_port(host)
    argv = tool.serve_echo(host, port)
    if argv is None:
        return None
    server = bench.start(argv)
    bench.until_listening(server, port=port)
    done = _load(bench, "connects", f"{host}:{port}", "32", bench.settings.seconds)
    server.stop()
    note = f"{done['errors']} failed" if done["errors"] else ""
    return Sample(done["count"] / done["seconds"], server.cpu_seconds, max(done["count"], 1), note)


class Crowd:
    """Many connections from here to one port."""

    def __init__(self, bench, port, count):
        self.bench, self.members = bench, []
        self.stack = bench.stack.enter_context(contextlib.ExitStack())
        for _ in range(count):
            bench.left()
            self.members.append(self.stack.enter_context(socket.create_connection((HOST, port), timeout=10)))

    def hear(self, members, length):
        """How many of them receive `length` bytes before nothing more comes for two seconds."""
        waiting = {member.fileno(): (member, length) for member in members}
        complete = 0
        with select.epoll() as poll:
            for number in waiting:
                poll.register(number, select.EPOLLIN)
            while waiting:
                self.bench.left()
                ready = poll.poll(2)
                if not ready:
                    break
                for number, _ in ready:
                    member, missing = waiting[number]
                    try:
                        missing -= len(came := member.recv(missing))
                    except OSError:
                        came = b""
                    if came and missing:
                        waiting[number] = (member, missing)
                        continue
                    complete += not missing
                    poll.unregister(number)
                    del waiting[number]
        return complete


def _held(count):
    def held(bench, tool):
        port = free_port()
        argv = tool.serve_echo(HOST, port)
        if argv is None:
            return None
        server = bench.start(argv)
        bench.until_listening(server, port=port)
        before = memory(server.pid)
        begun = time.monotonic()
        crowd = Crowd(bench, port, count)
        for member in crowd.members:
            member.sendall(WORD)
        answered = crowd.hear(crowd.members, len(WORD))
        seconds = time.monotonic() - begun
        held = memory(server.pid) - before
        crowd.stack.close()
        server.stop()
        if answered < count:
            raise Failed(f"{answered} of {count} were answered")
        return Sample(held / 1024 / count, server.cpu_seconds, count, f"all answered in {seconds:.2f} s")

    return held


for _count in (5000, 10000):
    work(
        "held",
        f"{_count:,} connections held, each answered: resident memory of the tool",
        "KiB each",
        more_is_better=False,
        bar=Bar("≤", 2.0, absolute=True),
        cpu_unit="µs each",
        cpu_scale=1e6,
    )(_held(_count))


@work("broker", "broker: one of 5,000 speaks, the others hear", "ms", more_is_better=False, cpu_unit="µs each", cpu_scale=1e6)
def broker(bench, tool):
    count, port = 5000, free_port()
    argv = tool.broker(HOST, port)
    if argv is None:
        return None
    server = bench.start(argv)
    bench.until_listening(server, port=port)
    crowd = Crowd(bench, port, count)
    speaker, *hearers = crowd.members
    # The last to come is in: what it says comes through to the first.
    hearers[-1].sendall(WORD)
    if crowd.hear([speaker, *hearers[:-1]], len(WORD)) < count - 1:
        raise Failed(f"not all of {count} heard the first word")
    begun = time.monotonic()
    speaker.sendall(WORD)
    heard = crowd.hear(hearers, len(WORD))
    seconds = time.monotonic() - begun
    crowd.stack.close()
    server.stop()
    if heard < count - 1:
        raise Failed(f"{heard} of {count - 1} heard")
    return Sample(seconds * 1e3, server.cpu_seconds, count, "all heard")


@work("startup", "start, connect, leave", "ms", more_is_better=False, bar=Bar("≤", 1.1), cpu_unit="ms", cpu_scale=1e3)
def startup(bench, tool):
    argv = tool.leave(HOST, "PORT")
    if argv is None:
        return None
    done = _load(bench, "starts", bench.settings.starts, *argv)
    if done["errors"]:
        raise Failed(f"{done['errors']} of {bench.settings.starts} failed")
    return Sample(done["median"] * 1e3, done["cpu"], bench.settings.starts)


def _round_trips(bench, argv, port, tool_cpu, cpu):
    """The generator sends 64 bytes and waits for them; the tool's stdin and stdout are the two ends of one pipe, so that it
    sends back what it receives."""
    if argv is None:
        return None
    back, forth = bench.pipe()
    server = bench.start(argv, stdin=back, stdout=forth, cpu=tool_cpu)
    back.close()
    forth.close()
    bench.until_listening(server, port=port)
    done = _load(bench, "trips", f"{HOST}:{port}", bench.settings.seconds, cpu=cpu)
    server.stop()
    return Sample(done["count"] / done["seconds"], server.cpu_seconds, max(done["count"], 1))


def _latency(title, bar, service, pick):
    @work("latency", title, "round trips/s", bar=bar, cpu_unit="µs each", cpu_scale=1e6)
    def latency(bench, tool):
        cpus = sorted(os.sched_getaffinity(0))
        if len(set(pick(cpus))) < 2 and "different" in title:
            return None
        port = free_port()
        argv = (tool.serve_echo if service else tool.converse)(HOST, port)
        return _round_trips(bench, argv, port, *pick(cpus))

    return latency


for _place, _bar, _pick in (
    ("same CPU", 1.0, lambda cpus: (cpus[0], cpus[0])),
    ("different CPUs", 2.5, lambda cpus: (cpus[0], cpus[-1])),
):
    _latency(f"64-byte round trips, {_place}, stdin and stdout joined", Bar("≥", _bar), False, _pick)
    _latency(f"64-byte round trips, {_place}, the tool's echo service", Bar("≥", _bar), True, _pick)
