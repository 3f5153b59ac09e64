//! Port numbers and service names. The one file that may be read here is the service table, and only once a name is asked for.

use std::sync::OnceLock;

/// Why a text is no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// A number that no port has.
    #[error("{text:?} is not a valid port: ports go from 0 to 65535")]
    OutOfRange {
        /// The text.
        text: String,
    },
    /// Neither a number nor a known service.
    #[error("{text:?} is not a valid port: write a number from 0 to 65535 or a service name such as http")]
    Unknown {
        /// The text.
        text: String,
    },
}

/// What is known where the service table is missing or short, as in a small container (the IANA service name registry).
const WELL_KNOWN: [(&str, u16); 34] = [
    ("echo", 7),
    ("discard", 9),
    ("daytime", 13),
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("whois", 43),
    ("domain", 53),
    ("tftp", 69),
    ("gopher", 70),
    ("finger", 79),
    ("http", 80),
    ("pop3", 110),
    ("nntp", 119),
    ("ntp", 123),
    ("imap", 143),
    ("snmp", 161),
    ("irc", 194),
    ("ldap", 389),
    ("https", 443),
    ("submissions", 465),
    ("syslog", 514),
    ("submission", 587),
    ("ldaps", 636),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("mqtt", 1883),
    ("mysql", 3306),
    ("postgresql", 5432),
    ("redis", 6379),
];

/// Reads a port: a number from 0 to 65535, or a service name of `/etc/services`.
///
/// # Errors
/// [`PortError`] for anything else, which says "not a valid port".
pub fn parse(text: &str) -> Result<u16, PortError> {
    parse_with(text, service)
}

/// Like [`parse`], with the look-up of a service name passed in.
///
/// # Errors
/// [`PortError`] when the text is neither a number from 0 to 65535 nor a name that `look_up` knows.
pub fn parse_with(text: &str, look_up: impl FnOnce(&str) -> Option<u16>) -> Result<u16, PortError> {
    if is_number(text) {
        // The digits are checked first: the parser of the standard library would also take "+80".
        return text.parse().map_err(|_| PortError::OutOfRange { text: text.to_owned() });
    }
    look_up(text).ok_or_else(|| PortError::Unknown { text: text.to_owned() })
}

/// Whether the text is written as a number, in range or not.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Looks a name or alias up in a table in the form of `/etc/services` (services(5)), without regard to case. The entry for TCP is
/// preferred where a name has several.
pub fn from_services(table: &str, name: &str) -> Option<u16> {
    let mut other = None;
    for line in table.lines() {
        let entry = line.split_once('#').map_or(line, |(before, _)| before);
        let mut words = entry.split_whitespace();
        let (Some(official), Some(port_and_protocol)) = (words.next(), words.next()) else { continue };
        if !std::iter::once(official).chain(words).any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let Some((port, protocol)) = port_and_protocol.split_once('/') else { continue };
        let Ok(port) = port.parse() else { continue };
        if protocol == "tcp" {
            return Some(port);
        }
        other = other.or(Some(port));
    }
    other
}

/// The system's service table first, the built-in one for what that does not have.
fn service(name: &str) -> Option<u16> {
    static TABLE: OnceLock<String> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let bytes = std::fs::read("/etc/services").unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    from_services(table, name).or_else(|| well_known(name))
}

fn well_known(name: &str) -> Option<u16> {
    WELL_KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, port)| *port)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "# Network services\n\
        smtp\t\t25/tcp\t\tmail\n\
        domain 53/udp\n\
        domain 53/tcp # after a comment sign: ghost 1/tcp\n\
        odd 1000/udp\n\
        odd 2000/tcp\n\
        syslog 514/udp\n\
        broken\n\
        broken2 x/tcp\n\
        broken3 70000/tcp\n\
        broken4 80\n\
        ghost2#  9/tcp\n";

    #[test]
    fn numbers() {
        for (text, port) in [("0", 0), ("25", 25), ("65535", 65535), ("0080", 80), ("00000000000000000080", 80)] {
            assert_eq!(parse_with(text, |_| None), Ok(port), "{text}");
        }
    }

    #[test]
    fn what_is_no_port_is_called_so() {
        for text in
            ["", " ", "65536", "99999999999999999999", "-1", "+80", "0x50", "80 ", "8o", "٣", "http:", "8,9", "1-2"]
        {
            let error = parse_with(text, |_| None).unwrap_err().to_string();
            assert!(error.contains("is not a valid port: "), "{error}");
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn a_number_is_never_looked_up() {
        assert_eq!(parse_with("99", |_| Some(1)), Ok(99));
        assert!(parse_with("99999", |_| Some(1)).is_err());
    }

    #[test]
    fn names_of_a_service_table() {
        let table = [
            ("smtp", Some(25)),
            ("SMTP", Some(25)),
            ("mail", Some(25)),
            ("domain", Some(53)),
            ("odd", Some(2000)),
            ("syslog", Some(514)),
            ("ghost", None),
            ("ghost2", None),
            ("broken", None),
            ("broken2", None),
            ("broken3", None),
            ("broken4", None),
            ("25/tcp", None),
            ("#", None),
            ("", None),
        ];
        for (name, port) in table {
            assert_eq!(from_services(TABLE, name), port, "{name}");
        }
    }

    #[test]
    fn common_services_are_known_on_every_machine() {
        for (name, port) in WELL_KNOWN {
            assert_eq!(well_known(&name.to_uppercase()), Some(port), "{name}");
        }
        for (name, port) in [("http", 80), ("HTTPS", 443), ("smtp", 25), ("ssh", 22), ("redis", 6379)] {
            assert_eq!(parse(name), Ok(port), "{name}");
        }
        assert!(parse("no-such-service").is_err());
    }

    proptest! {
        #[test]
        fn every_port_reads_back(port: u16) {
            prop_assert_eq!(parse(&port.to_string()), Ok(port));
        }

        #[test]
        fn any_table_is_survived(table in "([a-z#/ 0-9\t]{0,12}\n?){0,20}", name in "[a-z]{0,3}") {
            from_services(&table, &name);
        }
    }
}
