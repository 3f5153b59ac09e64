# A device that speaks Modbus/TCP and has three holding registers at 107: its port.
import socketserver, struct, sys

REGISTERS = {107: 0xAE41, 108: 0x5652, 109: 0x4340}

class Device(socketserver.StreamRequestHandler):
    def handle(self):
        while header := self.rfile.read(7):
            transaction, protocol, length, unit = struct.unpack(">HHHB", header)
            function, address, count = struct.unpack(">BHH", self.rfile.read(length - 1))
            wanted = range(address, address + count)
            if all(number in REGISTERS for number in wanted):
                values = b"".join(struct.pack(">H", REGISTERS[number]) for number in wanted)
                answer = struct.pack(">BB", function, len(values)) + values
            else:
                answer = struct.pack(">BB", function | 0x80, 2)
            self.wfile.write(struct.pack(">HHHB", transaction, protocol, len(answer) + 1, unit) + answer)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

with Server(("127.0.0.1", int(sys.argv[1])), Device) as server:
    print("listening", flush=True)
    server.serve_forever()
