# A mail server with STARTTLS: its port, its certificate, its key.
import asyncio, ssl, sys
from aiosmtpd.smtp import SMTP

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])

class Handler:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"

async def main():
    make = lambda: SMTP(Handler(), tls_context=context, require_starttls=True, hostname="mail.test", ident="ready")
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", int(sys.argv[1]))
    print("listening", flush=True)
    await server.serve_forever()

asyncio.run(main())
