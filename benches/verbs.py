#!/usr/bin/env python3
"""What a verb on a kept socket costs beside starting /bin/true: the same number of each, interleaved. See README.md."""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    default = os.path.join(PROJECT, "target", "release", "netverb")
    parser.add_argument("netverb", nargs="?", default=default, help="the program to measure")
    parser.add_argument("--rounds", type=int, default=500, help="how often each command runs")
    parser.add_argument("--bar", type=float, default=2.0, help="milliseconds that a verb may take more")
    return parser.parse_args()


def run(words, nothing):
    """Seconds of wall time and of CPU time, user and system, of one command."""
    streams = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, nothing, 1)]
    begun = time.perf_counter()
    child = os.posix_spawn(words[0], words, os.environ, file_actions=streams)
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - begun
    if status:
        sys.exit(f"{' '.join(words)}: status {os.waitstatus_to_exitcode(status)}")
    return took, used.ru_utime + used.ru_stime


def main():
    settings = arguments()
    program = os.path.abspath(settings.netverb)
    with tempfile.TemporaryDirectory(prefix="nv") as place, socket.create_server(("127.0.0.1", 0)) as server:
        os.environ["NETVERB_SESSION_DIR"] = place
        os.chmod(place, 0o700)
        address = f"127.0.0.1:{server.getsockname()[1]}/bench"
        subprocess.run([program, "open", address], check=True, stdout=subprocess.DEVNULL)
        peer, _ = server.accept()
        # What every read of the run will take.
        peer.sendall(b"x" * (settings.rounds + 1))
        commands = {
            "/bin/true": ["/bin/true"],
            "netverb write": [program, "write", "bench", "x"],
            "netverb read": [program, "read", "bench", "--for", "1"],
            "netverb sockets": [program, "sockets", "--ids"],
        }
        samples = {name: [] for name in commands}
        nothing = os.open("/dev/null", os.O_RDWR)
        for words in commands.values():
            run(words, nothing)
        for _ in range(settings.rounds):
            for name, words in commands.items():
                samples[name].append(run(words, nothing))
        subprocess.run([program, "close", "bench"], check=True)
    base = [statistics.median(column) for column in zip(*samples["/bin/true"])]
    missed = False
    print(f"{'':16} {'wall ms':>8} {'more':>6} {'user+sys ms':>12} {'more':>6}")
    for name, rows in samples.items():
        wall, cpu = [statistics.median(column) for column in zip(*rows)]
        print(f"{name:16} {wall * 1e3:8.2f} {(wall - base[0]) * 1e3:6.2f} {cpu * 1e3:12.2f} {(cpu - base[1]) * 1e3:6.2f}")
        missed = missed or wall - base[0] > settings.bar / 1e3
    print(f"The bar: at most {settings.bar} ms more than /bin/true: {'missed' if missed else 'met'}.")
    sys.exit(missed)


main()
