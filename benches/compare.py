#!/usr/bin/env python3
"""Compares netverb with its peers on this machine: the same works, interleaved in the same run. See README.md beside it."""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from measure import connections, messages, streams, websocket, zeromq  # noqa: F401 (they register their works)
from measure import report
from measure.process import TOO_LONG, Bench, Failed, Others
from measure.tools import all_tools
from measure.work import WORKS

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(HERE)
GROUPS = list(dict.fromkeys(work.group for work in WORKS))


def size(text):
    """Bytes, with k, M or G (1024-based)."""
    scale = {"k": 10, "M": 20, "G": 30}.get(text[-1:], 0)
    return int(text[:-1] if scale else text) << scale


def names(text):
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no work; there are {', '.join(GROUPS)}")
    return chosen


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    default = os.path.join(PROJECT, "target", "release", "netverb")
    parser.add_argument("netverb", nargs="?", default=default, help="the program to measure")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool does each work")
    parser.add_argument("--only", type=names, default=GROUPS, metavar="WORK,…", help="of " + ", ".join(GROUPS))
    parser.add_argument("--tools", default="", metavar="TOOL,…", help="leave out the others, netverb excepted")
    parser.add_argument("--size", type=size, default=size("1G"), help="how much a bulk work moves")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a work that counts goes on")
    parser.add_argument("--starts", type=int, default=100, help="how many starts make one startup sample")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds after which a sample is given up")
    parser.add_argument("--quiet-share", type=float, default=0.08, help="CPU share of others that disturbs a sample")
    parser.add_argument("--again", type=int, default=3, help="how often a disturbed sample is repeated")
    parser.add_argument("--directory", default=_tmpfs(), help="where files are made; a tmpfs")
    parser.add_argument("--json", metavar="FILE", help="write all samples to FILE")
    return parser.parse_args()


def _tmpfs():
    return "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()


def build_load():
    """The load generator, compiled when it is missing or older than its source."""
    source = os.path.join(HERE, "load.rs")
    target = os.path.join(PROJECT, "target", "benches", "load")
    if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["rustc", "--edition", "2024", "-O", "-o", target, source], check=True)
    return target


def write_source(path, length):
    """A file without a pattern that anything could make use of."""
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        while length > 0:
            length -= file.write(block[:length])


def run_once(work, tool, settings):
    """One sample: a Sample, None when the tool cannot do the work, or why it failed; repeated while others disturb it."""
    for left in range(settings.again, -1, -1):
        others = Others()
        try:
            with Bench(settings) as bench:
                sample = work.run(bench, tool)
        except (Failed, OSError, subprocess.SubprocessError, ValueError) as error:
            return f"{error}"
        share = others.share()
        if sample is None or share <= settings.quiet_share:
            return sample
        if left == 0:
            settings.disturbed += 1
    return sample


def measure(works, tools, settings, samples):
    """Every tool once in every round, in another order each time. What took too long once is not waited for again."""
    hopeless = set()
    for turn in range(settings.rounds):
        for work in works:
            first = turn % len(tools)
            for tool in tools[first:] + tools[:first]:
                if (work.title, tool.name) in hopeless:
                    continue
                sample = run_once(work, tool, settings)
                if sample == TOO_LONG:
                    hopeless.add((work.title, tool.name))
                if sample is not None:
                    samples.setdefault((work.title, tool.name), []).append(sample)
                    shown = f"failed: {sample}" if isinstance(sample, str) else f"{report.number(sample.value)} {work.unit}"
                    print(f"round {turn + 1}: {work.group}: {tool.name}: {shown}", file=sys.stderr)


def machine():
    control = "/proc/sys/net/ipv4/tcp_congestion_control"
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpus": len(os.sched_getaffinity(0)),
        "congestion control": open(control).read().strip() if os.path.exists(control) else None,
    }


def main():
    settings = arguments()
    if not shutil.which(settings.netverb):
        sys.exit(f"{settings.netverb} is missing: cargo build --release, or name the program")
    works = [work for work in WORKS if work.group in settings.only]
    tools = all_tools(settings.netverb)
    if "zeromq" in settings.only:
        tools += zeromq.libzmq()
    if "websocket" in settings.only:
        tools += websocket.websocat()
    if settings.tools:
        tools = [tool for tool in tools if tool.name == "netverb" or tool.name in settings.tools.split(",")]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    settings.load = build_load()
    settings.settle = 0.1
    settings.disturbed = 0
    samples, interrupted = {}, False
    with tempfile.TemporaryDirectory(prefix="netverb-bench-", dir=settings.directory) as directory:
        try:
            settings.source = os.path.join(directory, "source")
            write_source(settings.source, settings.size)
            measure(works, tools, settings, samples)
        except KeyboardInterrupt:
            # What is known until now is still worth showing.
            interrupted = True
    results = report.evaluate(works, tools, samples)
    facts = {"rounds": settings.rounds, "size": settings.size, "disturbed samples": settings.disturbed} | machine()
    if settings.json:
        with open(settings.json, "w") as file:
            json.dump({"machine": facts, "works": results}, file, indent=1, ensure_ascii=False)
    print("\n".join(report.table(results)))
    print("\n" + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    if interrupted:
        print("interrupted: the rounds are not complete")
        sys.exit(130)


if __name__ == "__main__":
    # An end from outside cleans up like one from the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
