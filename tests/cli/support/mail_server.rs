//! A real mail server, that of the Python package aiosmtpd, which insists on STARTTLS.

use super::{Child, Sandbox};

const SCRIPT: &str = r#"
import asyncio, ssl
from aiosmtpd.smtp import SMTP
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem")
class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(session.ssl is not None, envelope.mail_from, envelope.rcpt_tos, envelope.content, flush=True)
        return "250 taken"
async def main():
    make = lambda: SMTP(Handler(), tls_context=context, require_starttls=True, hostname="mail.test")
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

/// A server for `localhost`, whose certificate is the file `ca.pem` of its sandbox.
pub struct MailServer {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

impl MailServer {
    /// One that listens.
    pub fn start(sandbox: &Sandbox) -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        sandbox.write("ca.pem", signed.cert.pem());
        sandbox.write("server.pem", signed.cert.pem() + &signed.signing_key.serialize_pem());
        let mut child = sandbox.python_with("aiosmtpd", SCRIPT).spawn();
        let port = child.read_line().parse().unwrap();
        MailServer { child, port }
    }

    /// The next mail that it takes: whether it came in TLS, from whom, to whom, and its bytes as Python writes them.
    pub fn taken(&mut self) -> String {
        self.child.read_line()
    }
}
