//! The keys of CURVE (RFC 26), and the files that hold them: certificates as czmq and pyzmq write them, or a bare key in Z85
//! (RFC 32).

use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use omq_proto::{CurveKeypair, CurvePublicKey, CurveSecretKey};

use crate::failure::reason;

/// The length of a key in Z85.
const LENGTH: usize = 40;

/// A file of keys is never larger.
const LARGEST_FILE: u64 = 64 << 10;

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) CurvePublicKey);

/// A public key and the secret one that belongs to it.
#[derive(Debug, Clone)]
pub struct KeyPair(pub(super) CurveKeypair);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot {verb} the key file {}: {}", path.display(), reason(.error))]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no such key in the file.
    #[error("{} has no {which} key; netverb zmq-keygen NAME makes NAME.key and NAME.key_secret", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// `public` or `secret`.
        which: &'static str,
    },
    /// A text is no key.
    #[error("not a key: {0:?}; a key has 40 characters in Z85, as netverb zmq-keygen prints it")]
    Malformed(String),
    /// The public key in a file is not that of the secret one.
    #[error("{}: the public key is not that of the secret key", .0.display())]
    Apart(PathBuf),
}

impl PublicKey {
    /// The key that is written there, or that the file of this name holds.
    ///
    /// # Errors
    /// Neither is the case.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let path = Path::new(text);
        if text.len() == LENGTH && !path.exists() {
            return Self::parse(text);
        }
        let file = Fields::read(path)?;
        let key = file.public.or(file.bare).ok_or_else(|| missing(path, "public"))?;
        Self::parse(&key)
    }

    fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = |_| KeyError::Malformed(text.to_owned());
        CurvePublicKey::from_z85(text).map(PublicKey).map_err(malformed)
    }
}

/// In Z85.
impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_z85())
    }
}

impl KeyPair {
    /// A new one, of the system's random numbers.
    pub fn generate() -> Self {
        KeyPair(CurveKeypair::generate())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public)
    }

    /// The pair whose secret key is in this file.
    ///
    /// # Errors
    /// A file that cannot be read or has no secret key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file = Fields::read(path)?;
        // A file of nothing but a key is not said to be secret: it cannot be told from a public one.
        let text = file.secret.ok_or_else(|| missing(path, "secret"))?;
        let secret = CurveSecretKey::from_z85(&text).map_err(|_| KeyError::Malformed("the secret key".to_owned()))?;
        let public = secret.derive_public();
        if file.public.is_some_and(|written| written != public.to_z85()) {
            return Err(KeyError::Apart(path.to_owned()));
        }
        Ok(KeyPair(CurveKeypair { public, secret }))
    }

    /// Writes `NAME.key`, for everybody, and `NAME.key_secret`, for the owner alone, and returns their names.
    ///
    /// # Errors
    /// A file that cannot be written, or is there already: keys are not overwritten.
    pub fn write(&self, name: &Path) -> Result<[PathBuf; 2], KeyError> {
        let public = with_ending(name, ".key");
        let secret = with_ending(name, ".key_secret");
        let certificate = |secret: Option<String>| {
            let mut text = String::from("metadata\ncurve\n");
            let _ = writeln!(text, "    public-key = \"{}\"", self.0.public.to_z85());
            if let Some(secret) = secret {
                let _ = writeln!(text, "    secret-key = \"{secret}\"");
            }
            text
        };
        // The secret one first: when it exists, nothing is touched.
        create(&secret, 0o600, &certificate(Some(self.0.secret.to_z85())))?;
        if let Err(error) = create(&public, 0o644, &certificate(None)) {
            let _ = std::fs::remove_file(&secret);
            return Err(error);
        }
        Ok([public, secret])
    }
}

fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut text = name.as_os_str().to_owned();
    text.push(ending);
    PathBuf::from(text)
}

fn create(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let failed = |error| KeyError::File { verb: "write", path: path.to_owned(), error };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

fn missing(path: &Path, which: &'static str) -> KeyError {
    KeyError::Missing { path: path.to_owned(), which }
}

/// What a file of keys says.
#[derive(Debug, Default)]
struct Fields {
    public: Option<String>,
    secret: Option<String>,
    /// The only thing in the file is a key.
    bare: Option<String>,
}

impl Fields {
    fn read(path: &Path) -> Result<Self, KeyError> {
        let failed = |error| KeyError::File { verb: "read", path: path.to_owned(), error };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(failed)?;
        io::Read::read_to_string(&mut io::Read::take(file, LARGEST_FILE), &mut text).map_err(failed)?;
        let mut fields = Fields::default();
        for line in text.lines().map(str::trim) {
            let value = |name: &str| {
                let rest = line.strip_prefix(name)?.trim_start().strip_prefix('=')?;
                Some(rest.trim().trim_matches('"').to_owned())
            };
            fields.public = fields.public.or_else(|| value("public-key"));
            fields.secret = fields.secret.or_else(|| value("secret-key"));
        }
        let bare = text.trim();
        fields.bare = (bare.len() == LENGTH).then(|| bare.to_owned());
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_written_is_read_and_only_the_owner_reads_the_secret() {
        let directory = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate();
        let [public, secret] = pair.write(&directory.path().join("server")).unwrap();
        assert_eq!(PublicKey::read(public.to_str().unwrap()).unwrap(), pair.public());
        assert_eq!(PublicKey::read(secret.to_str().unwrap()).unwrap(), pair.public());
        assert_eq!(PublicKey::read(&pair.public().to_string()).unwrap(), pair.public());
        assert_eq!(KeyPair::read(&secret).unwrap().public(), pair.public());
        assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(KeyPair::read(&public), Err(KeyError::Missing { which: "secret", .. })));
        assert!(matches!(pair.write(&directory.path().join("server")), Err(KeyError::File { .. })));
    }

    #[test]
    fn a_key_may_stand_alone_in_its_file_and_nonsense_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let pair = KeyPair::generate();
        std::fs::write(&path, format!("{}\n", pair.public())).unwrap();
        assert_eq!(PublicKey::read(path.to_str().unwrap()).unwrap(), pair.public());
        for text in ["public-key = \"short\"", "nothing", ""] {
            std::fs::write(&path, text).unwrap();
            assert!(PublicKey::read(path.to_str().unwrap()).is_err(), "{text}");
        }
        let other = KeyPair::generate();
        let secret = pair.0.secret.to_z85();
        std::fs::write(&path, format!("public-key = \"{}\"\nsecret-key = \"{secret}\"", other.public())).unwrap();
        assert!(matches!(KeyPair::read(&path), Err(KeyError::Apart(_))));
    }
}
