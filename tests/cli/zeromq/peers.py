"""Peers of the tests: libzmq, through pyzmq. The first argument says which test is to be run; what fails is raised."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import zmq

NETVERB = os.environ["NETVERB"]
LIMIT = 15
HERE = "tcp://127.0.0.1"
# Empty parts at both ends, and one that begins with what marks an empty one.
PARTS = [b"", b"one", b"", b"\\two", b""]

# Ours, theirs, and who sends first: "out" we alone, "in" they alone, "both" we and then they, "answer" they and then we.
PAIRS = [
    ("pair", "PAIR", "both"),
    ("push", "PULL", "out"),
    ("pull", "PUSH", "in"),
    ("pub", "SUB", "out"),
    ("pub", "XSUB", "out"),
    ("xpub", "SUB", "out"),
    ("xpub", "XSUB", "out"),
    ("sub", "PUB", "in"),
    ("sub", "XPUB", "in"),
    ("xsub", "PUB", "in"),
    ("xsub", "XPUB", "in"),
    ("req", "REP", "both"),
    ("req", "ROUTER", "both"),
    ("rep", "REQ", "answer"),
    ("rep", "DEALER", "answer"),
    ("dealer", "REP", "both"),
    ("dealer", "DEALER", "both"),
    ("dealer", "ROUTER", "both"),
    ("router", "REQ", "answer"),
    ("router", "DEALER", "answer"),
    ("router", "ROUTER", "answer"),
]

ILLEGAL = [
    ("pair", "PUSH"),
    ("push", "PUB"),
    ("pull", "PULL"),
    ("pub", "PULL"),
    ("sub", "PUSH"),
    ("req", "DEALER"),
    ("rep", "ROUTER"),
    ("dealer", "PUB"),
    ("router", "REP"),
    ("xpub", "XPUB"),
    ("xsub", "REQ"),
]


def written(message):
    """A message as --parts has it."""
    lines = [b"\\" + part if not part or part.startswith(b"\\") else part for part in message]
    return b"".join(line + b"\n" for line in lines) + b"\n"


def read(stream):
    """The next message as --parts has it."""
    parts = []
    while line := stream.readline():
        if line == b"\n":
            return parts
        line = line[:-1]
        parts.append(line[1:] if line.startswith(b"\\") else line)
    raise AssertionError(f"the output ended after {parts}")


class Ours:
    """netverb at one end, bound or connected; `theirs` is at the other."""

    def __init__(self, theirs, bound, *words, at=HERE, verbose=True):
        if bound:
            port_file = tempfile.NamedTemporaryFile()
            reader, writer = os.pipe()
            target = at.removeprefix("tcp://") + ":0" if at == HERE else at
            command = [NETVERB, "accept", target, "--ready-fd", str(writer), *words]
        else:
            port = theirs.bind_to_random_port(at) if at == HERE else theirs.bind(at)
            command = [NETVERB, "open", f"{at}:{port}" if at == HERE else at, *words]
            reader = writer = None
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, pass_fds=[writer] if bound else []
        )
        self.stdin, self.stdout = self.process.stdin, os.fdopen(os.dup(self.process.stdout.fileno()), "rb")
        self.port = None
        if bound:
            os.close(writer)
            with os.fdopen(reader) as ready:
                self.port = ready.readline().strip()
            if theirs is not None:
                theirs.connect(f"{at}:{self.port}" if at == HERE else at)

    def say(self, message):
        self.stdin.write(written(message))

    def hear(self):
        return read(self.stdout)

    def end(self, status=0):
        """Closes its stdin and waits for it to end by itself."""
        self.stdin.close()
        try:
            ended = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"it does not end: {self.process.stderr.read()}") from None
        errors = self.process.stderr.read().decode()
        assert ended == status, (ended, errors)
        return errors


def opened(context, kind, name=b"them"):
    theirs = context.socket(getattr(zmq, kind))
    theirs.RCVTIMEO = theirs.SNDTIMEO = LIMIT * 1000
    theirs.LINGER = LIMIT * 1000
    if kind == "SUB":
        theirs.subscribe("")
    if kind in ("REQ", "DEALER", "ROUTER"):
        theirs.IDENTITY = name
    if kind == "ROUTER":
        theirs.ROUTER_MANDATORY = 1
    return theirs


def send_to_named(theirs, message):
    """A router can send to a peer when it knows it, which nothing announces."""
    while True:
        try:
            return theirs.send_multipart(message)
        except zmq.ZMQError as error:
            assert error.errno == zmq.EHOSTUNREACH, error


def publish(theirs, message, ours):
    """Who has subscribed is told to XPUB alone; PUB repeats itself until it is heard."""
    if theirs.type == zmq.XPUB:
        assert theirs.recv() == b"\x01"
        return theirs.send_multipart(message)
    while ours.process.poll() is None:
        theirs.send_multipart(message)
        try:
            ours.process.wait(0.02)
        except subprocess.TimeoutExpired:
            pass


def talk(pair):
    kind, other, way = pair[:3]
    bound = pair[3]
    with zmq.Context() as context, opened(context, other) as theirs:
        count = [] if kind in ("pub", "push", "xpub") else ["--count", "1"]
        words = ["--zmq", kind, "--parts", *count, *(["--identity", "us"] if kind == "router" else [])]
        ours = Ours(theirs, bound, *words)
        if other == "XSUB":
            theirs.send(b"\x01")
        # What stands before the message at either end.
        before_ours = {("dealer", "REP"): [b""], ("router", "REQ"): [b"them", b""]}.get((kind, other), [])
        before_ours = [b"them"] if kind == "router" and not before_ours else before_ours
        before_theirs = {("rep", "DEALER"): [b""]}.get((kind, other), [])
        if (kind, other) == ("router", "ROUTER"):
            before_theirs = [b"us"]
        if way in ("out", "both"):
            ours.say(before_ours + PARTS)
            heard = theirs.recv_multipart()
            if other == "ROUTER":
                before_theirs = heard[: 2 if kind == "req" else 1]
            assert heard == before_theirs + PARTS, heard
        if way in ("in", "both", "answer"):
            if kind == "sub" or kind == "xsub":
                publish(theirs, PARTS, ours)
            elif other == "ROUTER":
                send_to_named(theirs, before_theirs + PARTS)
            else:
                theirs.send_multipart(before_theirs + PARTS)
            heard = ours.hear()
            assert heard == before_ours + PARTS, heard
        ours.end()
        theirs.LINGER = 0


def answer(pair):
    """The way back of those that hear first: without --count, which would end them."""
    kind, other, bound = pair
    with zmq.Context() as context, opened(context, other) as theirs:
        ours = Ours(theirs, bound, "--zmq", kind, "--parts", "-q", "0.1", "--identity", "us")
        to_us = {"DEALER": [b""] if kind == "rep" else [], "ROUTER": [b"us"], "REQ": []}[other]
        for turn in (b"1", b"2"):
            send_to_named(theirs, to_us + [turn] + PARTS)
            heard = ours.hear()
            at = len(heard) - len(PARTS) - 1
            assert heard[at:] == [turn] + PARTS, heard
            ours.say(heard[:at] + PARTS + [turn])
            heard = theirs.recv_multipart()
            assert heard == to_us + PARTS + [turn], heard
        theirs.close()
        ours.end()


def together(work, cases):
    def named(case):
        try:
            work(case)
        except Exception as error:
            raise AssertionError(f"{case}: {error!r}") from error

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(named, cases))


def pairs(bound):
    together(talk, [(*pair, bound) for pair in PAIRS])
    together(answer, [(kind, other, bound) for kind, other, way in PAIRS if way == "answer"])


def refuse_connected(pair):
    kind, other = pair
    with zmq.Context() as context, opened(context, other) as theirs:
        theirs.LINGER = 0
        ours = Ours(theirs, False, "--zmq", kind)
        # It may have met its peer, and have ended, before this.
        with contextlib.suppress(BrokenPipeError):
            ours.say([b"them", b"to be delivered"])
        errors = ours.end(56)
        assert kind.upper() in errors and other in errors, errors


def refuse_bound(pair):
    """A peer that does not fit is told of, and the others are served."""
    kind, other = pair
    legal = next(other for ours, other, _ in PAIRS if ours == kind)
    with zmq.Context() as context, opened(context, other) as wrong, opened(context, legal) as theirs:
        wrong.LINGER = theirs.LINGER = 0
        ours = Ours(wrong, True, "--zmq", kind, "-q", "0.1")
        line = ours.process.stderr.readline().decode()
        while " cannot talk to " not in line:
            line = ours.process.stderr.readline().decode()
        assert kind.upper() in line and other in line, line
        wrong.close()
        monitor = theirs.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        monitor.RCVTIMEO = LIMIT * 1000
        theirs.connect(f"{HERE}:{ours.port}")
        monitor.recv_multipart()
        theirs.disable_monitor()
        ours.process.kill()


def stream_pairs():
    """STREAM talks to plain TCP peers."""
    # Bound.
    ours = Ours(None, True, "--zmq", "stream", "-q", "0.1")
    with socket.create_connection(("127.0.0.1", int(ours.port)), LIMIT) as plain:
        name, arrival = ours.hear()
        assert arrival == b""
        plain.sendall(b"ping")
        assert ours.hear() == [name, b"ping"]
        ours.say([name, b"pong"])
        assert plain.recv(4, socket.MSG_WAITALL) == b"pong"
    assert ours.hear() == [name, b""]
    with socket.create_connection(("127.0.0.1", int(ours.port)), LIMIT) as plain:
        name, arrival = ours.hear()
        ours.say([name, b"last"])
        ours.say([name, b""])
        assert plain.recv(100, socket.MSG_WAITALL) == b"last"
    assert ours.hear() == [name, b""]
    ours.end()
    # Connected; its peer's end is its own.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT)
        pipe = subprocess.PIPE
        command = [NETVERB, "open", f"127.0.0.1:{listener.getsockname()[1]}", "--zmq", "stream", "--json"]
        ours = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        plain, _ = listener.accept()
        with plain:
            ours.stdin.write("peer-1\nping\n\n")
            ours.stdin.flush()
            assert plain.recv(4, socket.MSG_WAITALL) == b"ping"
            plain.sendall(b"pong")
        out, errors = ours.communicate(timeout=LIMIT)
        assert ours.returncode == 0, errors
        assert '"parts":[{"text":"peer-1"},{"text":"pong"}]' in out, out
    # libzmq's own STREAM is a plain peer, too.
    with zmq.Context() as context, opened(context, "STREAM") as theirs:
        ours = Ours(theirs, False, "--zmq", "stream", "-q", "0.1")
        name = ours.hear()[0]
        assert theirs.recv_multipart()[1] == b""
        ours.say([name, b"ping"])
        them, heard = theirs.recv_multipart()
        assert heard == b"ping", heard
        theirs.send_multipart([them, b"pong"])
        assert ours.hear() == [name, b"pong"]
        ours.end()


def local():
    """Over Unix sockets, both ways around, under both of their spellings."""
    directory = os.getcwd()
    with zmq.Context() as context:
        for bound in (True, False):
            with opened(context, "PULL") as theirs:
                ours = Ours(theirs, bound, "--zmq", "push", "--parts", at=f"ipc://{directory}/{bound}")
                ours.say(PARTS)
                assert theirs.recv_multipart() == PARTS
                ours.end()


def linger():
    """Much for a peer that reads late: whoever ends has delivered."""
    count, body = 20_000, "x" * 500
    with zmq.Context() as context, opened(context, "PULL") as theirs:
        theirs.RCVHWM = 10
        ours = Ours(theirs, False, "--zmq", "push")
        feeder = ThreadPoolExecutor(1).submit(
            lambda: (ours.stdin.write("".join(f"{at} {body}\n" for at in range(count)).encode()), ours.stdin.close())
        )
        heard = [theirs.recv().split()[0] for _ in range(count)]
        feeder.result()
        assert heard == [str(at).encode() for at in range(count)]
        ours.end()


def again():
    """A peer that goes and comes back gets the rest; nothing that was taken and not sent is lost."""
    with zmq.Context() as context:
        theirs = opened(context, "PULL")
        ours = Ours(theirs, False, "--zmq", "push", "-v")
        port = theirs.LAST_ENDPOINT.decode().rsplit(":", 1)[1]
        ours.stdin.write(b"first\n")
        assert theirs.recv() == b"first"
        theirs.close()
        while b"trying again" not in (line := ours.process.stderr.readline()):
            assert line, "it has ended"
        ours.stdin.write(b"second\n")
        with opened(context, "PULL") as theirs:
            while True:
                try:
                    theirs.bind(f"{HERE}:{port}")
                    break
                except zmq.ZMQError as error:
                    assert error.errno == zmq.EADDRINUSE, error
            assert theirs.recv() == b"second"
            ours.end()


def curve():
    """Encrypted with the keys of `netverb zmq-keygen`, which pyzmq reads, and the other way around."""
    import zmq.auth

    directory = os.getcwd()
    subprocess.run([NETVERB, "--quiet", "zmq-keygen", "ours"], check=True, stdout=subprocess.DEVNULL)
    zmq.auth.create_certificates(directory, "theirs")
    public, secret = zmq.auth.load_certificate("ours.key_secret")
    with zmq.Context() as context:
        for bound in (True, False):
            # We are the server, whoever binds.
            with opened(context, "DEALER") as theirs:
                theirs.curve_publickey, theirs.curve_secretkey = zmq.auth.load_certificate("theirs.key_secret")
                theirs.curve_serverkey = public
                ours = Ours(theirs, bound, "--zmq", "router", "--curve-key", "ours.key_secret", "-q", "0.1")
                theirs.send_multipart(PARTS)
                assert ours.hear() == [b"them", *PARTS]
                ours.say([b"them", b"x" * 100_000, *PARTS])
                assert theirs.recv_multipart() == [b"x" * 100_000, *PARTS]
                theirs.close()
                ours.end()
            # They are.
            with opened(context, "PUB") as theirs:
                theirs.curve_publickey, theirs.curve_secretkey = zmq.auth.load_certificate("theirs.key_secret")
                theirs.curve_server = True
                key = zmq.auth.load_certificate("theirs.key")[0].decode() if bound else "theirs.key"
                words = ["--zmq", "sub", "--subscribe", "a", "--count", "1", "--parts", "--curve-server-key", key]
                ours = Ours(theirs, bound, *words)
                while ours.process.poll() is None:
                    theirs.send_multipart([b"b", b"unwanted"])
                    theirs.send_multipart([b"a", b""])
                    try:
                        ours.process.wait(0.02)
                    except subprocess.TimeoutExpired:
                        pass
                assert ours.hear() == [b"a", b""]
                ours.end()
        # Another server's key is no key.
        with opened(context, "PULL") as theirs:
            theirs.curve_publickey, theirs.curve_secretkey = zmq.auth.load_certificate("theirs.key_secret")
            theirs.curve_server = True
            ours = Ours(theirs, False, "--zmq", "push", "--curve-server-key", "ours.key", "--linger", "0.5")
            ours.stdin.write(b"secret\n")
            errors = ours.end(28)
            assert "handshake" in errors, errors


TESTS = {
    "bound": lambda: pairs(True),
    "connected": lambda: pairs(False),
    "illegal": lambda: (together(refuse_connected, ILLEGAL), together(refuse_bound, ILLEGAL)),
    "stream": stream_pairs,
    "local": local,
    "linger": linger,
    "again": again,
    "curve": curve,
}

TESTS[sys.argv[1]]()
