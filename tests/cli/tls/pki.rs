//! Authorities and certificates made at run time, and TLS peers of ours that see every byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

use crate::support::{LIMIT, Listener, Peer, Sandbox};

/// An authority whose certificate is the file `ca.pem` of a sandbox.
pub struct Pki<'a> {
    sandbox: &'a Sandbox,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// What a certificate for these names and addresses says.
pub fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = named("the server");
    params
}

/// The same with a common name.
pub fn called(common_name: &str, names: &[&str]) -> CertificateParams {
    let mut params = params(names);
    params.distinguished_name = named(common_name);
    params
}

impl<'a> Pki<'a> {
    /// A new authority in the file `ca.pem`.
    pub fn new(sandbox: &'a Sandbox) -> Self {
        Self::in_file(sandbox, "ca")
    }

    /// A new authority in this file.
    pub fn in_file(sandbox: &'a Sandbox, file: &str) -> Self {
        let mut params = called(&format!("authority {file}"), &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        sandbox.write(&format!("{file}.pem"), issuer.pem());
        Pki { sandbox, issuer }
    }

    /// The files `NAME.pem` and `NAME.key` of a certificate that the authority signed.
    pub fn issue(&self, name: &str, params: &CertificateParams) {
        let key = KeyPair::generate().unwrap();
        self.files(name, &params.signed_by(&key, &self.issuer).unwrap().pem(), &key);
    }

    /// The same of a certificate that signed itself.
    pub fn issue_self_signed(&self, name: &str, params: &CertificateParams) {
        let key = KeyPair::generate().unwrap();
        self.files(name, &params.self_signed(&key).unwrap().pem(), &key);
    }

    /// The same of one for a client.
    pub fn issue_client(&self, name: &str, common_name: &str) {
        let mut params = called(common_name, &[]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(name, &params);
    }

    fn files(&self, name: &str, certificate: &str, key: &KeyPair) {
        self.sandbox.write(&format!("{name}.pem"), certificate);
        self.sandbox.write(&format!("{name}.key"), key.serialize_pem());
    }

    /// A sandbox's usual authority and its certificate `server` for localhost.
    pub fn for_localhost(sandbox: &'a Sandbox) -> Self {
        let pki = Pki::new(sandbox);
        pki.issue("server", &params(&["localhost", "127.0.0.1"]));
        pki
    }
}

fn certificate(sandbox: &Sandbox, name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(sandbox.path(&format!("{name}.pem"))).unwrap()
}

/// How a server of ours with the certificate `name` does TLS.
pub fn server_config(sandbox: &Sandbox, name: &str, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let key = PrivateKeyDer::from_pem_file(sandbox.path(&format!("{name}.key"))).unwrap();
    let builder = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into());
    let builder = builder.with_protocol_versions(versions).unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate(sandbox, name)], key).unwrap()
}

/// A connection of TLS, our end.
pub struct TlsPeer<C> {
    /// The session.
    pub session: C,
    socket: TcpStream,
}

/// A server's end.
pub type Served = TlsPeer<ServerConnection>;
/// A client's end.
pub type Client = TlsPeer<ClientConnection>;

impl Served {
    /// Takes a connection; the handshake has not begun.
    pub fn accept(listener: &Listener, config: ServerConfig) -> Self {
        let session = ServerConnection::new(Arc::new(config)).unwrap();
        TlsPeer { session, socket: stream(&listener.accept()) }
    }
}

impl Client {
    /// Connects to this port of 127.0.0.1 as `localhost`, trusting `ca.pem`; the handshake has not begun.
    pub fn connect(sandbox: &Sandbox, port: u16, change: impl FnOnce(&mut ClientConfig)) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(sandbox, "ca")).unwrap();
        let builder = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        change(&mut config);
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        TlsPeer { session, socket: stream(&Peer::connect(port)) }
    }
}

fn stream(peer: &Peer) -> TcpStream {
    let socket: TcpStream = peer.socket().try_clone().unwrap().into();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

impl<C, S> TlsPeer<C>
where
    C: std::ops::DerefMut + std::ops::Deref<Target = rustls::ConnectionCommon<S>>,
    S: rustls::SideData,
{
    /// Does the handshake.
    pub fn handshake(&mut self) -> io::Result<()> {
        while self.session.is_handshaking() {
            self.session.complete_io(&mut self.socket)?;
        }
        Ok(())
    }

    /// Reads to the peer's close_notify; a connection that ends without one is an error.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        rustls::Stream::new(&mut self.session, &mut self.socket).read_to_end(&mut data)?;
        Ok(data)
    }

    /// Sends all of this.
    pub fn send(&mut self, data: &[u8]) {
        let mut stream = rustls::Stream::new(&mut self.session, &mut self.socket);
        stream.write_all(data).unwrap();
        stream.flush().unwrap();
    }

    /// Sends close_notify; the connection stays.
    pub fn end(&mut self) {
        self.session.send_close_notify();
        while self.session.wants_write() {
            self.session.write_tls(&mut self.socket).unwrap();
        }
    }

    /// Ends the connection below TLS, without a word inside of it.
    pub fn cut(self) {
        let _ = self.socket.shutdown(Shutdown::Write); // It may be gone already.
        // Read what still comes, or closing would reset the connection.
        let _ = io::copy(&mut &self.socket, &mut io::sink());
    }

    /// Ends TLS and the connection as it should be.
    pub fn close(mut self) {
        self.end();
        self.cut();
    }
}
