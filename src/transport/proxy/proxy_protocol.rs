//! The PROXY protocol, versions 1 and 2: who the client behind a proxy is, said before its first byte
//! (<https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt>). Whom to believe is decided elsewhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use proxy_header::{ParseConfig, ProxiedAddress, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How a header of version 2 begins (section 2.2).
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// How a header of version 1 begins (section 2.1).
const WORD: &[u8; 6] = b"PROXY ";

/// The longest header of version 1, CR LF included (section 2.1).
const LONGEST_V1: usize = 107;

/// A version of the PROXY protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a version of the PROXY protocol: write v1 or v2")]
pub struct VersionError {
    text: String,
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        match text {
            "v1" | "1" => Ok(Version::V1),
            "v2" | "2" => Ok(Version::V2),
            _ => Err(VersionError { text: text.to_owned() }),
        }
    }
}

/// The two ends of the connection that a proxy accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The client.
    pub source: SocketAddr,
    /// Where the client connected to.
    pub destination: SocketAddr,
}

/// A header that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its version.
    pub version: Version,
    /// The connection it tells of; `None`: the proxy speaks for itself, or of something that is not TCP or UDP.
    pub ends: Option<Ends>,
}

/// Why a connection did not begin with a header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It ended before that.
    #[error("the connection ended before its PROXY protocol header was complete")]
    Closed,
    /// Reading failed.
    #[error("cannot read the PROXY protocol header: {0}")]
    Io(io::Error),
    /// What came is none.
    #[error("the connection does not begin with a PROXY protocol header: {0}")]
    Bad(&'static str),
}

/// The header that says this; `None`: that we speak for ourselves (UNKNOWN, LOCAL). Where one end is IPv6 and the other
/// is not, both are written as IPv6.
pub fn encode(version: Version, ends: Option<Ends>) -> Vec<u8> {
    let header = match ends.map(same_family) {
        Some(ends) => ProxyHeader::with_address(ProxiedAddress::stream(ends.source, ends.destination)),
        None => ProxyHeader::with_local(),
    };
    let mut bytes = Vec::new();
    // Both refuse only mixed families, datagrams and additions, of which there are none.
    let _ = match version {
        Version::V1 => header.encode_v1(&mut bytes),
        Version::V2 => header.encode_v2(&mut bytes),
    };
    bytes
}

fn same_family(ends: Ends) -> Ends {
    let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let mapped = |address: SocketAddr| match address.ip() {
        IpAddr::V4(v4) => SocketAddr::new(v4.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    };
    let (source, destination) = (canonical(ends.source), canonical(ends.destination));
    match source.is_ipv4() == destination.is_ipv4() {
        true => Ends { source, destination },
        false => Ends { source: mapped(source), destination: mapped(destination) },
    }
}

/// Reads the header that a connection begins with, and no byte of what follows it. There is no time limit here.
///
/// # Errors
/// [`HeaderError`]; the stream is of no use afterwards.
pub async fn decode<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, HeaderError> {
    let mut header = Vec::new();
    // Even the shortest header, `PROXY UNKNOWN` with CR LF, is longer than the signature: nothing is read too much.
    while header.len() < SIGNATURE.len() {
        let missing = SIGNATURE.len() - header.len();
        read_some(stream, &mut header, missing).await?;
        if !SIGNATURE.starts_with(&header) && header.iter().zip(WORD).any(|(byte, expected)| byte != expected) {
            return Err(HeaderError::Bad("it begins in another way"));
        }
    }
    match header.starts_with(SIGNATURE) {
        true => decode_v2(stream, header).await,
        false => decode_v1(stream, header).await,
    }
}

async fn decode_v1<S: AsyncRead + Unpin>(stream: &mut S, mut header: Vec<u8>) -> Result<Header, HeaderError> {
    while header.last() != Some(&b'\n') {
        if header.len() >= LONGEST_V1 {
            return Err(HeaderError::Bad("its line is longer than 107 bytes"));
        }
        read_some(stream, &mut header, 1).await?;
    }
    // The library takes numbers with a sign or leading zeros, which the protocol does not have.
    let strange = header.split(|byte| matches!(byte, b' ' | b'\r')).skip(4).any(|word| {
        let digits = word.strip_suffix(b"\n").unwrap_or(word);
        matches!(digits, [b'+', ..] | [b'0', _, ..])
    });
    if strange && !header.starts_with(b"PROXY UNKNOWN") {
        return Err(HeaderError::Bad("a port is not a plain number"));
    }
    parse(Version::V1, &header)
}

async fn decode_v2<S: AsyncRead + Unpin>(stream: &mut S, mut header: Vec<u8>) -> Result<Header, HeaderError> {
    while header.len() < 16 {
        let missing = 16 - header.len();
        read_some(stream, &mut header, missing).await?;
    }
    let Some([command, _family, high, low]) = header.get(12..).and_then(|rest| rest.first_chunk()) else {
        return Err(HeaderError::Closed);
    };
    let (command, whole) = (*command, 16 + usize::from(u16::from_be_bytes([*high, *low])));
    if !matches!(command, 0x20 | 0x21) {
        return Err(HeaderError::Bad("its version or command is unknown"));
    }
    // At most 64 KiB, of which no more is held than has come.
    while header.len() < whole {
        let missing = whole - header.len();
        read_some(stream, &mut header, missing).await?;
    }
    match command {
        // LOCAL: whatever follows is to be passed over (section 2.2).
        0x20 => Ok(Header { version: Version::V2, ends: None }),
        _ => parse(Version::V2, &header),
    }
}

fn parse(version: Version, header: &[u8]) -> Result<Header, HeaderError> {
    let config = ParseConfig { include_tlvs: false, ..ParseConfig::default() };
    let (parsed, length) =
        ProxyHeader::parse(header, config).map_err(|_| HeaderError::Bad("its addresses are wrong"))?;
    if length != header.len() {
        return Err(HeaderError::Bad("it ends in the wrong place"));
    }
    let ends = parsed.proxied_address().map(|found| Ends { source: found.source, destination: found.destination });
    Ok(Header { version, ends })
}

/// Reads at least one byte and at most `limit`.
async fn read_some<S: AsyncRead + Unpin>(
    stream: &mut S,
    header: &mut Vec<u8>,
    limit: usize,
) -> Result<(), HeaderError> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    match stream.take(limit).read_buf(header).await {
        Ok(0) => Err(HeaderError::Closed),
        Ok(_) => Ok(()),
        Err(error) => Err(HeaderError::Io(error)),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1 => "v1",
            Version::V2 => "v2",
        })
    }
}

#[cfg(test)]
mod tests;
