"""Starting the measured programs, waiting for them with a limit, their CPU time, and leaving none of them behind.

Nothing in here knows what is measured.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import time


TOO_LONG = "took too long"


class Failed(Exception):
    """A run that cannot be counted: a program failed, took too long, or lost data."""


class Process:
    """A started program, in a process group of its own so that its children can be ended with it."""

    def __init__(self, argv, log, cpu=None, **streams):
        self.argv = argv
        self.log = log
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        self.popen = subprocess.Popen(argv, stderr=streams.pop("stderr", log), process_group=0, preexec_fn=pin, **streams)
        self.pid = self.popen.pid
        self.cpu_seconds = None
        self.peak = None
        self.ended_at = None

    def wait(self, deadline, status=0):
        """Waits until the program ends by itself; its CPU time and that of its children are known afterwards."""
        watch = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(watch, select.POLLIN)
            if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                raise Failed(f"{self.name()} did not end in time")
        finally:
            os.close(watch)
        self.ended_at = time.monotonic()
        ended = self._reap()
        if status is not None and ended != status:
            raise Failed(f"{self.name()} ended with {ended}: {self.complaint()}")

    def stop(self):
        """Ends the program as a user would, so that it still counts its CPU time; what does not obey is killed."""
        if self.popen.returncode is not None:
            return
        # Children that die by this are not waited for by their parent, and would not be counted.
        orphaned = sum(_cpu_so_far(member) for member in tree(self.pid)[1:])
        self._end()
        self.cpu_seconds += orphaned

    def _end(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            try:
                return self.wait(time.monotonic() + 3, status=None)
            except Failed:
                continue

    def _reap(self):
        _, status, usage = os.wait4(self.pid, 0)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError):
            # Only children that outlived it are still in the group.
            os.killpg(self.pid, signal.SIGKILL)
        return self.popen.returncode

    def name(self):
        return os.path.basename(self.argv[0])

    def complaint(self):
        self.log.flush()
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Bench:
    """One sample: everything that it starts and opens is gone when it ends, whatever way it ends."""

    def __init__(self, settings):
        self.settings = settings
        self.deadline = time.monotonic() + settings.limit
        self.stack = contextlib.ExitStack()
        self.directory = None

    def __enter__(self):
        self.stack.__enter__()
        directory = tempfile.TemporaryDirectory(prefix="netverb-bench-", dir=self.settings.directory)
        self.directory = self.stack.enter_context(directory)
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def start(self, argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **more):
        """Starts a program. Descriptors other than the three streams are not inherited."""
        log = self.stack.enter_context(tempfile.TemporaryFile())
        process = Process([str(word) for word in argv], log, stdin=stdin, stdout=stdout, **more)
        self.stack.callback(process.stop)
        return process

    def wait(self, *processes):
        for process in processes:
            process.wait(self.deadline)

    def left(self):
        """Seconds until this sample is given up."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Failed(TOO_LONG)
        return left

    def open(self, path, flags=os.O_RDONLY):
        """A descriptor that is closed with the sample."""
        fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
        self.stack.callback(os.close, fd)
        return fd

    def pipe(self):
        """Both ends of a pipe, as file objects that the user closes once the children have them."""
        return tuple(self.stack.enter_context(os.fdopen(fd, mode, 0)) for fd, mode in zip(os.pipe(), ("rb", "wb")))

    def path(self, name):
        return os.path.join(self.directory, name)

    def until_listening(self, process, port=None, path=None):
        """Waits until the process listens: the same for every tool, whatever it announces."""
        self._until(process, lambda: _listens_on_path(path) if path else _listens_on_port(port))

    def until_receiving(self, process, port):
        """Waits until the process receives datagrams on a port."""
        self._until(process, lambda: _receives_on_port(port))

    def _until(self, process, ready):
        while not ready():
            if process.popen.returncode is None and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                process.wait(self.deadline, status=None)
                raise Failed(f"{process.name()} ended before it listened: {process.complaint()}")
            self.left()
            time.sleep(0.002)


def _receives_on_port(port):
    wanted = f":{port:04X}"
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as lines:
            if any(line.split()[1].endswith(wanted) for line in lines):
                return True
    return False


def cpu_of(*processes):
    """User and system seconds of programs that have ended, their children included."""
    return sum(process.cpu_seconds for process in processes)


def free_port(host="127.0.0.1"):
    """A port that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def _listens_on_port(port):
    # Local address in hexadecimal, state 0A: listening (proc_net_tcp in the kernel's documentation).
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as lines:
            for line in lines:
                words = line.split()
                if words[3] == "0A" and words[1].endswith(wanted):
                    return True
    return False


def _listens_on_path(path):
    with open("/proc/net/unix") as lines:
        # Flag 00010000: listening (__SO_ACCEPTCON).
        return any(line.rstrip().endswith(path) and line.split()[3] == "00010000" for line in lines)


def _cpu_so_far(pid):
    """User and system seconds of a running process: fields 14 and 15 of proc_pid_stat(5)."""
    try:
        with open(f"/proc/{pid}/stat") as facts:
            user, system = facts.read().rpartition(")")[2].split()[11:13]
    except OSError:
        return 0.0
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def tree(pid):
    """A process and all below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat") as facts:
                parent = int(facts.read().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry))
    found = [pid]
    for known in found:
        found.extend(children.get(known, ()))
    return found


def memory(pid):
    """Resident bytes of a process and all below it, shared pages divided among their users."""
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError), open(f"/proc/{member}/smaps_rollup") as facts:
            total += next(int(line.split()[1]) for line in facts if line.startswith("Pss:")) * 1024
    return total


class Others:
    """How much of the machine other processes took meanwhile: what this program and its children did not use."""

    def __init__(self):
        self.begun = time.monotonic()
        self.busy, self.ours = _busy(), _ours()

    def share(self):
        """A part of the capacity of all CPUs, 0 to 1."""
        wall = max(time.monotonic() - self.begun, 0.01) * os.cpu_count()
        return max(0.0, (_busy() - self.busy) - (_ours() - self.ours)) / wall


def _busy():
    with open("/proc/stat") as facts:
        user, nice, system, _, _, _, _, steal = (int(word) for word in facts.readline().split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _ours():
    return sum(os.times()[:4])
