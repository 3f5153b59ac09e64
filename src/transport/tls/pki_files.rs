//! Certificates, keys and trusted authorities from PEM files, folders and the system's store. Whatever cannot be used
//! is an error that names the file: trust is never silently smaller than what was asked for.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::local::LocalError;
use super::pin::Pin;

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, LocalError> {
    fs::read(path).map_err(|error| LocalError::Unreadable { what, path: path.to_owned(), error })
}

fn certificates_in(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| LocalError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// A certificate and the chain that follows it in its file.
///
/// # Errors
/// The file cannot be read, is damaged, or holds no certificate.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    let chain = certificates_in(&read("the certificate", path)?, path)?;
    if chain.is_empty() {
        return Err(LocalError::NoCertificate { path: path.to_owned() });
    }
    Ok(chain)
}

/// The first private key of a file: PKCS#8, PKCS#1 or SEC1.
///
/// # Errors
/// The file cannot be read, is damaged, holds no key, or one that is encrypted.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, LocalError> {
    let text = read("the private key", path)?;
    // Both ways that a PEM key says so: PKCS#8's own label, and the header of the older forms (RFC 1421).
    let encrypted = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|mark| memchr::memmem::find(&text, mark.as_bytes()).is_some());
    match PrivateKeyDer::from_pem_slice(&text) {
        _ if encrypted => Err(LocalError::EncryptedKey { path: path.to_owned() }),
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err(LocalError::NoKey { path: path.to_owned() }),
        Err(error) => Err(LocalError::Damaged { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// The trusted authorities in these files and folders. Of a folder every file is read and may be without certificates;
/// the folder as a whole, or a file named by itself, must have one. Subfolders are not entered.
///
/// # Errors
/// A path cannot be read, holds no certificate, or one that no authority can have.
pub(super) fn authorities(paths: &[PathBuf]) -> Result<RootCertStore, LocalError> {
    let mut roots = RootCertStore::empty();
    for path in paths {
        for certificate in certificates_at(path)? {
            roots
                .add(certificate)
                .map_err(|error| LocalError::Damaged { path: path.clone(), reason: error.to_string() })?;
        }
    }
    Ok(roots)
}

/// The pins of the same certificates.
///
/// # Errors
/// As [`authorities`].
pub(super) fn pins(paths: &[PathBuf]) -> Result<Vec<Pin>, LocalError> {
    let mut pins = Vec::new();
    for path in paths {
        pins.extend(certificates_at(path)?.iter().map(|certificate| Pin::of(certificate)));
    }
    Ok(pins)
}

fn certificates_at(path: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    let found = if path.is_dir() { folder(path)? } else { certificates_in(&read("the CA file", path)?, path)? };
    match found.is_empty() {
        true => Err(LocalError::NoCertificate { path: path.to_owned() }),
        false => Ok(found),
    }
}

fn folder(path: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    let unreadable = |error| LocalError::Unreadable { what: "the CA folder", path: path.to_owned(), error };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if !file.is_dir() {
            found.extend(certificates_in(&read("the CA file", &file)?, &file)?);
        }
    }
    // The same authority under several names is common there (hash links).
    found.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    found.dedup();
    Ok(found)
}

/// The system's trusted authorities, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Single ones that cannot be
/// used are left out, as other programs do: nobody here chose them.
///
/// # Errors
/// Not one usable authority was found.
pub(super) fn system_authorities() -> Result<RootCertStore, LocalError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reason = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(LocalError::NoSystemStore { reason });
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::testing::Pki;
    use super::*;

    #[test]
    fn a_missing_path_is_named() {
        for error in [
            authorities(&["/nonexistent/ca.pem".into()]).unwrap_err(),
            chain(Path::new("/nonexistent/ca.pem")).unwrap_err(),
            key(Path::new("/nonexistent/ca.pem")).unwrap_err(),
        ] {
            assert!(error.to_string().contains("/nonexistent/ca.pem: no such file"), "{error}");
        }
    }

    #[test]
    fn a_file_or_folder_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "no certificate").unwrap();
        for place in [&path, &folder.path().to_owned()] {
            let error = authorities(std::slice::from_ref(place)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("no certificate in {}", place.display())), "{error}");
        }
        assert!(matches!(key(&path), Err(LocalError::NoKey { .. })));
    }

    #[test]
    fn every_certificate_of_a_folder_counts_once_and_other_files_are_passed_over() {
        let (one, two) = (Pki::new(), Pki::new());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one.pem"), one.ca_pem()).unwrap();
        fs::write(folder.path().join("both.pem"), format!("{}{}", one.ca_pem(), two.ca_pem())).unwrap();
        fs::write(folder.path().join("README"), "two authorities").unwrap();
        fs::create_dir(folder.path().join("old")).unwrap();
        symlink("one.pem", folder.path().join("1234abcd.0")).unwrap();
        assert_eq!(authorities(&[folder.path().to_owned()]).unwrap().len(), 2);
    }

    #[test]
    fn a_damaged_section_is_an_error_and_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        fs::write(&path, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(authorities(std::slice::from_ref(&path)), Err(LocalError::Damaged { .. })));
        fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(authorities(&[path]), Err(LocalError::Damaged { .. })));
    }

    #[test]
    fn an_encrypted_key_is_called_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        ] {
            fs::write(&path, text).unwrap();
            assert!(matches!(key(&path), Err(LocalError::EncryptedKey { .. })), "{text}");
        }
    }
}
