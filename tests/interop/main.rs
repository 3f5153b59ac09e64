//! The program against other programs: the netcats, socat, curl and Python, each as the client and as the server.
//!
//! They have to be installed. A test whose program is missing fails and names the Debian package.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // A test fails by panicking.

#[allow(dead_code, unused_imports)] // Made for the tests from outside, which use all of it.
#[path = "../cli/support/mod.rs"]
mod support;

mod http;
mod netcats;
mod pcap;
#[cfg(feature = "ws")]
mod websocket;

/// Fails when a program is missing.
#[track_caller]
fn needs(program: &str, package: &str) {
    let found =
        ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|place| std::path::Path::new(place).join(program).exists());
    assert!(found, "{program} is missing; install the Debian package {package}");
}
