//! The ports of a listener: `PORT[,PORT|,A-B…]`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::piece::Piece;
use super::{IdError, host, port};

/// The most ports that one listener has: all there are.
const MOST: usize = 65_536;

/// An inclusive range of ports; a single port is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port, not below `first`.
    pub last: u16,
}

impl PortRange {
    /// The range of one port.
    pub fn single(port: u16) -> Self {
        PortRange { first: port, last: port }
    }

    /// The ports in order.
    pub fn iter(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }
}

impl IntoIterator for PortRange {
    type Item = u16;
    type IntoIter = RangeInclusive<u16>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// `80`, or `8000-8010`.
impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// A list of ports without a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortList(Vec<PortRange>);

impl PortList {
    /// The ports in the order written.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|range| range.iter())
    }
}

impl FromStr for PortList {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(Piece::whole(text)).map(PortList)
    }
}

/// Reads the list. A port stands in it once, but for 0, which is another free port each time.
pub(super) fn parse(list: Piece<'_>) -> Result<Vec<PortRange>, IdError> {
    let mut ranges = Vec::new();
    let mut taken = vec![false; MOST];
    let mut count = 0;
    for term in list.split(',') {
        let range = range(term)?;
        count += range.iter().len();
        if count > MOST {
            return Err(term.error(format!("a listener has at most {MOST} ports: leave some out")));
        }
        for port in range {
            let Some(seen) = taken.get_mut(usize::from(port)) else { continue };
            if *seen && port != 0 {
                return Err(term.error(format!("port {port} stands twice in the list: leave one out")));
            }
            *seen = true;
        }
        ranges.push(range);
    }
    Ok(ranges)
}

/// Two numbers with a hyphen between them are a range; service names may have hyphens, too.
fn range(term: Piece<'_>) -> Result<PortRange, IdError> {
    let numbers = term.split_once('-').filter(|(a, b)| port::is_number(a.text) && port::is_number(b.text));
    let Some((first, last)) = numbers else { return host::port(term).map(PortRange::single) };
    let range = PortRange { first: host::port(first)?, last: host::port(last)? };
    if range.first > range.last {
        return Err(term.error(format!("the range runs backwards: write {}-{}", range.last, range.first)));
    }
    Ok(range)
}

/// Writes the list as it is read.
pub(super) fn write(f: &mut fmt::Formatter<'_>, ranges: &[PortRange]) -> fmt::Result {
    for (index, range) in ranges.iter().enumerate() {
        write!(f, "{}{range}", if index == 0 { "" } else { "," })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let table: [(&str, &[(u16, u16)]); 6] = [
            ("80", &[(80, 80)]),
            ("0", &[(0, 0)]),
            ("0,0", &[(0, 0), (0, 0)]),
            ("1001,2000,3000", &[(1001, 1001), (2000, 2000), (3000, 3000)]),
            ("443,http,8000-8000,9000-9010", &[(443, 443), (80, 80), (8000, 8000), (9000, 9010)]),
            ("0-65535", &[(0, 65535)]),
        ];
        for (text, expected) in table {
            let ranges = parse(Piece::whole(text)).unwrap();
            assert_eq!(ranges.iter().map(|r| (r.first, r.last)).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_range_gives_its_ports_in_order() {
        assert_eq!(PortRange { first: 65534, last: 65535 }.into_iter().collect::<Vec<_>>(), [65534, 65535]);
        assert_eq!(PortRange::single(7).iter().collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn what_is_no_list_and_where() {
        let table = [
            ("", 0, "not a valid port"),
            (",80", 0, "not a valid port"),
            ("80,", 3, "not a valid port"),
            ("80,,81", 3, "not a valid port"),
            ("80, 81", 3, "not a valid port"),
            ("80-", 0, "not a valid port"),
            ("-80", 0, "not a valid port"),
            ("1-2-3", 0, "not a valid port"),
            ("80,65536", 3, "ports go from 0 to 65535"),
            ("80,1-65536", 5, "ports go from 0 to 65535"),
            ("22,90-80", 3, "write 80-90"),
            ("80,443,http", 7, "port 80 stands twice"),
            ("80-90,85-95", 6, "port 85 stands twice"),
            ("0-65535,0", 8, "at most 65536 ports"),
        ];
        for (text, column, reason) in table {
            let error = parse(Piece::whole(text)).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }
}
