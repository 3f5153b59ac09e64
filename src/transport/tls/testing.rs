//! For tests: authorities and certificates made at run time, and handshakes over a pipe in memory.

use std::fs;
use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SigningKey,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::DuplexStream;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::{ClientOptions, ClientTls, ServerOptions, ServerTls, SessionInfo, TlsError, TlsStream};

/// What a side of a handshake ends with.
pub type Outcome = Result<(TlsStream<DuplexStream>, SessionInfo), TlsError>;

/// An authority, and a folder for its files.
pub struct Pki {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate with its key.
pub struct Leaf {
    pub der: Vec<u8>,
    pub cert: PathBuf,
    pub key: PathBuf,
}

pub fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

pub fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = named("leaf");
    params
}

impl Pki {
    pub fn new() -> Self {
        Pki::called("test authority")
    }

    pub fn called(common_name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name = named(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Pki { issuer, folder: tempfile::tempdir().unwrap() }
    }

    pub fn ca_pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn ca_der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    pub fn ca(&self) -> PathBuf {
        self.write("ca.pem", &self.ca_pem())
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A certificate signed by the authority, in files that begin with `name`.
    pub fn leaf(&self, name: &str, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        self.files(name, certificate.der().to_vec(), &certificate.pem(), &key)
    }

    /// A certificate that signed itself.
    pub fn self_signed(&self, name: &str, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        self.files(name, certificate.der().to_vec(), &certificate.pem(), &key)
    }

    fn files(&self, name: &str, der: Vec<u8>, pem: &str, key: &KeyPair) -> Leaf {
        Leaf {
            der,
            cert: self.write(&format!("{name}.pem"), pem),
            key: self.write(&format!("{name}.key"), &key.serialize_pem()),
        }
    }

    /// A certificate for clients.
    pub fn client(&self) -> Leaf {
        let mut params = params(&[]);
        params.distinguished_name = named("the tester");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.leaf("client", &params)
    }

    /// Options that trust the authority alone.
    pub fn trusting(&self) -> ClientOptions {
        ClientOptions { ca: vec![self.ca()], ..ClientOptions::default() }
    }
}

/// A self-signed certificate of version 1 (RFC 5280 section 4.1.2.1: without version and extensions), cut out of one
/// of version 3; and its key.
pub fn version_1(params: &CertificateParams) -> (Vec<u8>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let whole = params.self_signed(&key).unwrap();
    let (_, parsed) = X509Certificate::from_der(whole.der()).unwrap();
    let tbs = parsed.tbs_certificate.as_ref();
    let spki = parsed.public_key().raw;
    let end = spki.as_ptr() as usize - tbs.as_ptr() as usize + spki.len();
    // After the sequence's own header comes the version: a0 03 02 01 02.
    let version = tbs.windows(5).position(|window| window == [0xa0, 3, 2, 1, 2]).unwrap();
    let tbs = der(0x30, &[&tbs[version + 5..end]]);
    let signature = key.sign(&tbs).unwrap();
    let algorithm = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let certificate = der(0x30, &[&tbs, &algorithm, &der(3, &[&[0], &signature])]);
    (certificate, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [.., high, low] = content.len().to_be_bytes();
    let length = match content.len() {
        ..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, content].concat()
}

pub fn serving(leaf: &Leaf) -> ServerOptions {
    ServerOptions { certificates: vec![(leaf.cert.clone(), leaf.key.clone())], ..ServerOptions::default() }
}

/// Both ends of a handshake between these options; the client connects to `host`.
pub async fn handshake(client: &ClientOptions, host: &str, server: &ServerOptions) -> (Outcome, Outcome) {
    let client = ClientTls::new(client, Some(host)).unwrap();
    let server = ServerTls::new(server).unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    tokio::join!(client.connect(ours), server.accept(theirs))
}
