"""The tools that are compared, and how each is told to do a job. A job that a tool cannot do is None.

Each tool gets its best options: one direction only where that is all there is to do, the deepest queue, no delays.
"""

import os
import shutil


class Tool:
    """A tool by its name in the tables; `program` is what is run."""

    def __init__(self, name, program):
        self.name = name
        self.program = program

    def receive(self, host, port):
        """Listens once and writes what comes to stdout."""

    def send(self, host, port):
        """Connects and sends stdin."""

    def receive_unix(self, path):
        """As receive, on a Unix socket."""

    def send_unix(self, path):
        """As send, to a Unix socket."""

    def relay(self, host, port, target):
        """Forwards one connection to a port: the command lines of a pipeline, mostly of one program."""

    def serve_echo(self, host, port):
        """Sends back what each of many clients sends."""

    def broker(self, host, port):
        """Sends what one client says to all the others."""

    def converse(self, host, port):
        """Listens once and joins the connection to stdin and stdout."""

    def leave(self, host, port):
        """Connects with an empty stdin and ends when the peer closes."""

    def receive_tuples(self, host, port):
        """Listens once and writes the tuples that come to stdout, as TSV."""

    def send_tuples(self, host, port):
        """Connects and sends each record of stdin, TSV, as a tuple."""

    def receive_datagrams(self, host, port):
        """Writes the datagrams that come to stdout."""


class Netverb(Tool):
    def receive(self, host, port):
        return [self.program, "accept", "--recv-only", f"{host}:{port}"]

    def send(self, host, port):
        return [self.program, "open", f"{host}:{port}"]

    def receive_unix(self, path):
        return [self.program, "accept", "--recv-only", f"unix:{path}"]

    def send_unix(self, path):
        return [self.program, "open", f"unix:{path}"]

    def relay(self, host, port, target):
        return [[self.program, "accept", f"{host}:{port}", "--to", f"{host}:{target}"]]

    def serve_echo(self, host, port):
        return [self.program, "accept", "--echo", f"{host}:{port}"]

    def broker(self, host, port):
        return [self.program, "accept", "--broker", f"{host}:{port}"]

    def converse(self, host, port):
        return [self.program, "accept", f"{host}:{port}"]

    def leave(self, host, port):
        return [self.program, "open", f"{host}:{port}"]

    def push(self, host, port):
        return [self.program, "open", f"{host}:{port}", "--zmq", "push"]

    def pull(self, host, port, count):
        return [self.program, "accept", f"{host}:{port}", "--zmq", "pull", "--count", str(count)]

    def receive_messages(self, host, port):
        return [self.program, "accept", "--ws", "--recv-only", f"{host}:{port}"]

    def receive_websocket(self, host, port):
        return [self.program, "accept", "--ws", "--recv-only", "--split", "none", f"{host}:{port}"]

    def send_websocket(self, host, port):
        return [self.program, "open", "--send-only", "--binary", "--split", "chunk", f"ws://{host}:{port}/"]

    def receive_tuples(self, host, port):
        return [self.program, "recv-tuple", "--listen", f"{host}:{port}", "--count", "all", "--tsv"]

    def send_tuples(self, host, port):
        return [self.program, "send-tuple", f"{host}:{port}", "--input", "tsv"]

    def receive_datagrams(self, host, port):
        return [self.program, "datagram", "--listen", f"{host}:{port}"]


class NcOpenbsd(Tool):
    def receive(self, host, port):
        return [self.program, "-d", "-l", host, port]

    def send(self, host, port):
        return [self.program, "-N", host, port]

    def receive_unix(self, path):
        return [self.program, "-d", "-lU", path]

    def send_unix(self, path):
        return [self.program, "-NU", path]

    def relay(self, host, port, target):
        return [self.receive(host, port), self.send(host, target)]

    def converse(self, host, port):
        return [self.program, "-l", host, port]

    def leave(self, host, port):
        return [self.program, "-N", host, port]

    def receive_datagrams(self, host, port):
        return [self.program, "-d", "-u", "-l", host, port]


class NcTraditional(Tool):
    def receive(self, host, port):
        return [self.program, "-n", "-l", "-s", host, "-p", port]

    def send(self, host, port):
        return [self.program, "-n", "-q", "0", host, port]

    def relay(self, host, port, target):
        return [self.receive(host, port), self.send(host, target)]

    def converse(self, host, port):
        return self.receive(host, port)

    def leave(self, host, port):
        return self.send(host, port)


class Ncat(Tool):
    def receive(self, host, port):
        return [self.program, "--recv-only", "-l", host, port]

    def send(self, host, port):
        return [self.program, "--send-only", host, port]

    def receive_unix(self, path):
        return [self.program, "--recv-only", "-lU", path]

    def send_unix(self, path):
        return [self.program, "--send-only", "-U", path]

    def relay(self, host, port, target):
        return [[self.program, "-l", host, port, "-e", f"{self.program} {host} {target}"]]

    def serve_echo(self, host, port):
        return [self.program, "-k", "-m", "20000", "-l", host, port, "-e", "/bin/cat"]

    def broker(self, host, port):
        return [self.program, "--broker", "-m", "20000", "-l", host, port]

    def converse(self, host, port):
        return [self.program, "-l", host, port]

    def leave(self, host, port):
        return [self.program, host, port]

    def receive_datagrams(self, host, port):
        return [self.program, "--recv-only", "-u", "-l", host, port]


class Socat(Tool):
    def __init__(self, name, program, options=()):
        super().__init__(name, program)
        self.options = list(options)

    def _run(self, *words):
        return [self.program, *self.options, *words]

    def receive(self, host, port):
        return self._run("-u", f"TCP4-LISTEN:{port},bind={host},reuseaddr", "-")

    def send(self, host, port):
        return self._run("-u", "-", f"TCP4:{host}:{port}")

    def receive_unix(self, path):
        return self._run("-u", f"UNIX-LISTEN:{path}", "-")

    def send_unix(self, path):
        return self._run("-u", "-", f"UNIX-CONNECT:{path}")

    def relay(self, host, port, target):
        return [self._run(f"TCP4-LISTEN:{port},bind={host},reuseaddr", f"TCP4:{host}:{target}")]

    def serve_echo(self, host, port):
        return self._run(f"TCP4-LISTEN:{port},bind={host},reuseaddr,fork,backlog=4096", "PIPE")

    def converse(self, host, port):
        return self._run(f"TCP4-LISTEN:{port},bind={host},reuseaddr,nodelay", "-")

    def leave(self, host, port):
        return self._run("-", f"TCP4:{host}:{port}")

    def receive_datagrams(self, host, port):
        return self._run("-u", f"UDP4-RECV:{port},bind={host}", "-")


def all_tools(netverb):
    """netverb first, then the peers that are installed."""
    peers = [
        NcOpenbsd("nc.openbsd", "nc.openbsd"),
        NcTraditional("nc.traditional", "nc.traditional"),
        Ncat("ncat", "ncat"),
        Socat("socat", "socat"),
        Socat("socat -b1M", "socat", ["-b", "1048576"]),
    ]
    found = [Netverb("netverb", os.path.abspath(netverb))]
    for peer in peers:
        if path := shutil.which(peer.program):
            peer.program = path
            found.append(peer)
    return found
