use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::super::testing::{Peer, block_on};
use super::*;

fn ends(source: &str, destination: &str) -> Ends {
    Ends { source: source.parse().unwrap(), destination: destination.parse().unwrap() }
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [SIGNATURE.as_slice(), &[command, family], &length, body].concat()
}

#[test]
fn headers_are_those_of_the_specification() {
    let v4 = ends("10.0.0.1:56324", "192.168.0.11:443");
    assert_eq!(encode(Version::V1, Some(v4)), b"PROXY TCP4 10.0.0.1 192.168.0.11 56324 443\r\n");
    assert_eq!(encode(Version::V1, None), b"PROXY UNKNOWN\r\n");
    assert_eq!(encode(Version::V2, Some(v4)), v2(0x21, 0x11, &[10, 0, 0, 1, 192, 168, 0, 11, 0xdc, 0x04, 0x01, 0xbb]));
    assert_eq!(encode(Version::V2, None), v2(0x20, 0, &[]));
    let v6 = ends("[2001:db8::1]:1", "[::1]:65535");
    assert_eq!(encode(Version::V1, Some(v6)), b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
}

#[test]
fn mapped_addresses_are_the_v4_addresses_that_they_are_and_mixed_ones_become_v6() {
    assert_eq!(
        encode(Version::V1, Some(ends("[::ffff:10.0.0.1]:1", "10.0.0.2:2"))),
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"
    );
    assert_eq!(
        encode(Version::V1, Some(ends("10.0.0.1:1", "[2001:db8::1]:2"))),
        b"PROXY TCP6 ::ffff:10.0.0.1 2001:db8::1 1 2\r\n"
    );
    // A scope is of no use to the other machine, and has no place in the header.
    assert_eq!(
        encode(Version::V1, Some(ends("[fe80::1%3]:1", "[fe80::2%3]:2"))),
        b"PROXY TCP6 fe80::1 fe80::2 1 2\r\n"
    );
}

#[tokio::test]
async fn a_header_is_read_back_and_not_one_byte_more() {
    for version in [Version::V1, Version::V2] {
        for ends in [
            None,
            Some(ends("10.0.0.1:0", "192.168.0.11:65535")),
            Some(ends("[2001:db8:1:2:3:4:5:6]:56324", "[::1]:443")),
        ] {
            let bytes = [encode(version, ends), b"GET /".to_vec()].concat();
            for mut peer in [Peer::answering(&bytes), Peer::answering_at_once(&bytes)] {
                assert_eq!(decode(&mut peer.stream).await.unwrap(), Header { version, ends });
                let mut rest = [0; 5];
                peer.stream.read_exact(&mut rest).await.unwrap();
                assert_eq!(&rest, b"GET /");
            }
        }
    }
}

#[tokio::test]
async fn additions_and_other_kinds_of_address_are_passed_over() {
    let unknown_long = [b"PROXY UNKNOWN ".as_slice(), &[b'f'; 91], b"\r\n"].concat();
    assert_eq!(unknown_long.len(), LONGEST_V1);
    let with_addition = [&[10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2], [0x04, 0xff, 0xf0].as_slice(), &[0; 65520]].concat();
    for (bytes, expected) in [
        (unknown_long, None),
        (b"PROXY UNKNOWN ::1 ::1 007 +8\r\n".to_vec(), None),
        (v2(0x20, 0xff, b"whatever"), None),
        (v2(0x21, 0x31, &[0; 216]), None),
        (v2(0x21, 0x00, b"abc"), None),
        (v2(0x21, 0x12, &[10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2]), Some(ends("10.0.0.1:1", "10.0.0.2:2"))),
        (v2(0x21, 0x11, &with_addition), Some(ends("10.0.0.1:1", "10.0.0.2:2"))),
    ] {
        let mut peer = Peer::answering_at_once(&bytes);
        let header = decode(&mut peer.stream).await.unwrap();
        assert_eq!(header.ends, expected, "{:?}", &bytes[..bytes.len().min(60)]);
        assert_eq!(peer.stream.read(&mut [0; 1]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_bad_header_is_refused_as_soon_as_it_is_bad() {
    for bytes in [
        b"G".as_slice(),
        b"PROXX",
        b"PROXYTCP4 ",
        b"\r\n\r\n\r",
        b"\x16\x03\x01",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2 3\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 65536\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 +1 2\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 02\r\n",
        b"PROXY TCP4 10.0.0.1  10.0.0.2 1 2\r\n",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n",
        b"PROXY TCP4 10.0.0.256 10.0.0.2 1 2\r\n",
        b"PROXY UDP4 10.0.0.1 10.0.0.2 1 2\r\n",
        b"PROXY UNKNOWN\n\n\n",
        &[b"PROXY UNKNOWN ".as_slice(), &[b'f'; 93]].concat(),
        &v2(0x22, 0x11, &[]),
        &v2(0x11, 0x11, &[]),
        &v2(0x21, 0x11, &[0; 11]),
        &v2(0x21, 0x21, &[0; 35]),
        &v2(0x21, 0x31, &[0; 215]),
        &v2(0x21, 0x41, &[0; 40]),
    ] {
        let mut peer = Peer::waiting_after(bytes);
        let result = decode(&mut peer.stream).await;
        assert!(matches!(result, Err(HeaderError::Bad(_))), "{bytes:?}: {result:?}");
    }
}

#[tokio::test]
async fn a_header_that_is_cut_anywhere_is_an_error() {
    for version in [Version::V1, Version::V2] {
        let bytes = encode(version, Some(ends("[::1]:1", "[::2]:2")));
        for length in 0..bytes.len() {
            let result = decode(&mut Peer::answering(&bytes[..length]).stream).await;
            assert!(matches!(result, Err(HeaderError::Closed)), "{length}: {result:?}");
        }
    }
}

#[test]
fn versions_by_name() {
    assert_eq!("v1".parse(), Ok(Version::V1));
    assert_eq!("v2".parse(), Ok(Version::V2));
    assert!("v3".parse::<Version>().unwrap_err().to_string().contains("write v1 or v2"));
}

proptest! {
    #[test]
    fn any_ends_come_back(source: (std::net::Ipv6Addr, u16), destination: (std::net::Ipv4Addr, u16), v1: bool) {
        let ends = Ends { source: source.into(), destination: destination.into() };
        let version = if v1 { Version::V1 } else { Version::V2 };
        let bytes = encode(version, Some(ends));
        let header = block_on(decode(&mut bytes.as_slice())).unwrap();
        prop_assert_eq!(header.ends, Some(same_family(ends)));
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), begin in 0..3) {
        let bytes = match begin {
            0 => bytes,
            1 => [b"PROXY TCP4 ".as_slice(), &bytes].concat(),
            _ => [SIGNATURE.as_slice(), &[0x21, 0x11], &bytes].concat(),
        };
        let _ = block_on(decode(&mut bytes.as_slice()));
    }
}
