//! The pcapng file format (draft-ietf-opsawg-pcapng), as much of it as a capture of ours needs: one section, one interface
//! whose packets begin with the IP header, packets with direction and comment. What is in the packets is not known here.

use std::time::Duration;

use crate::event::Direction;

/// Packets that begin with an IPv4 or IPv6 header (LINKTYPE_RAW).
const LINK_RAW: u16 = 101;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

/// Options, by block.
mod option {
    pub const COMMENT: u16 = 1;
    pub const SECTION_APPLICATION: u16 = 4;
    pub const INTERFACE_NAME: u16 = 2;
    pub const INTERFACE_RESOLUTION: u16 = 9;
    pub const PACKET_FLAGS: u16 = 2;
}

/// Times are counted in nanoseconds: 10 to this power is a second.
const RESOLUTION: u8 = 9;

/// A packet to be written.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// When it passed, since 1970-01-01 UTC.
    pub time: Duration,
    /// Which way.
    pub direction: Direction,
    /// The IP packet.
    pub bytes: &'a [u8],
    /// What the reader is told of it.
    pub comment: Option<&'a str>,
}

/// The beginning of a file: the section and its one interface.
pub fn beginning() -> Vec<u8> {
    let mut file = Vec::new();
    let mut section = Vec::new();
    section.extend_from_slice(&BYTE_ORDER.to_le_bytes());
    section.extend_from_slice(&1u16.to_le_bytes());
    section.extend_from_slice(&0u16.to_le_bytes());
    // The length of the section is not known yet.
    section.extend_from_slice(&u64::MAX.to_le_bytes());
    put_option(&mut section, option::SECTION_APPLICATION, concat!("netverb ", env!("CARGO_PKG_VERSION")).as_bytes());
    end_options(&mut section);
    put_block(&mut file, SECTION_HEADER, &section);
    let mut interface = Vec::new();
    interface.extend_from_slice(&LINK_RAW.to_le_bytes());
    interface.extend_from_slice(&[0; 2]);
    // Packets are never cut.
    interface.extend_from_slice(&0u32.to_le_bytes());
    put_option(&mut interface, option::INTERFACE_NAME, b"netverb");
    put_option(&mut interface, option::INTERFACE_RESOLUTION, &[RESOLUTION]);
    end_options(&mut interface);
    put_block(&mut file, INTERFACE, &interface);
    file
}

/// Appends a packet.
pub fn put_packet(file: &mut Vec<u8>, packet: Packet<'_>) {
    let mut body = Vec::with_capacity(packet.bytes.len() + 64);
    let nanoseconds = u64::try_from(packet.time.as_nanos()).unwrap_or(u64::MAX);
    let length = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
    body.extend_from_slice(&0u32.to_le_bytes());
    body.extend_from_slice(&((nanoseconds >> 32) as u32).to_le_bytes());
    body.extend_from_slice(&(nanoseconds as u32).to_le_bytes());
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&length.to_le_bytes());
    put_padded(&mut body, packet.bytes);
    let flags: u32 = match packet.direction {
        Direction::In => 1,
        Direction::Out => 2,
    };
    if let Some(comment) = packet.comment {
        put_option(&mut body, option::COMMENT, comment.as_bytes());
    }
    put_option(&mut body, option::PACKET_FLAGS, &flags.to_le_bytes());
    end_options(&mut body);
    put_block(file, ENHANCED_PACKET, &body);
}

/// A block: its type and length, the body, the length once more.
fn put_block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    file.extend_from_slice(&kind.to_le_bytes());
    file.extend_from_slice(&length);
    file.extend_from_slice(body);
    file.extend_from_slice(&length);
}

fn put_option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    // No comment of ours comes near the limit; one that did would be cut.
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    body.extend_from_slice(&code.to_le_bytes());
    body.extend_from_slice(&length.to_le_bytes());
    put_padded(body, value.get(..usize::from(length)).unwrap_or(value));
}

fn end_options(body: &mut Vec<u8>) {
    body.extend_from_slice(&[0; 4]);
}

fn put_padded(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend_from_slice(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(file: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
    }

    /// The types and bodies of the blocks, whose lengths stand at both ends.
    fn blocks(mut file: &[u8]) -> Vec<(u32, &[u8])> {
        let mut blocks = Vec::new();
        while !file.is_empty() {
            let length = number(file, 4) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(number(file, length - 4) as usize, length);
            blocks.push((number(file, 0), &file[8..length - 4]));
            file = &file[length..];
        }
        blocks
    }

    #[test]
    fn a_file_begins_with_its_section_and_an_interface_of_raw_ip() {
        let file = beginning();
        let blocks = blocks(&file);
        assert_eq!(blocks.iter().map(|block| block.0).collect::<Vec<_>>(), [SECTION_HEADER, INTERFACE]);
        assert_eq!(number(blocks[0].1, 0), BYTE_ORDER);
        assert_eq!(blocks[1].1[..4], [101, 0, 0, 0]);
    }

    #[test]
    fn packets_of_every_length_are_padded_and_keep_their_time() {
        for length in 0..9 {
            let (mut file, bytes) = (Vec::new(), vec![0xaa; length]);
            let time = Duration::new(1_800_000_000, 123_456_789);
            for comment in [None, Some("mail.1")] {
                file.clear();
                put_packet(&mut file, Packet { time, direction: Direction::Out, bytes: &bytes, comment });
                let blocks = blocks(&file);
                let (kind, body) = blocks[0];
                assert_eq!((kind, number(body, 12), number(body, 16)), (ENHANCED_PACKET, length as u32, length as u32));
                let nanoseconds = (u64::from(number(body, 4)) << 32) | u64::from(number(body, 8));
                assert_eq!(Duration::from_nanos(nanoseconds), time);
                assert_eq!(body[20..20 + length], bytes);
                assert_eq!(body.windows(6).any(|window| window == b"mail.1"), comment.is_some());
            }
        }
    }
}
