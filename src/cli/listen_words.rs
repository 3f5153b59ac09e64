//! The words that say where `accept` listens.

use clap::Args;

use crate::address::{Host, IdError, ListenId};
use crate::exit::Exit;
use crate::failure::Failure;

/// AT…, or HOST PORT as nc has it.
#[derive(Debug, Default, Args)]
pub struct ListenWords {
    /// Where to listen: [host:]port[,port|,a-b…], udp://…, unix:/path, unix:@name, seqpacket:/path, fd:N, systemd[:NAME]
    #[cfg_attr(feature = "http", arg(value_name = "AT", required_unless_present = "http_ports", value_parser = Word::parse))]
    #[cfg_attr(not(feature = "http"), arg(value_name = "AT", required = true, value_parser = Word::parse))]
    at: Vec<Word>,
}

#[derive(Debug, Clone)]
enum Word {
    /// An AT, and how it was written.
    At(ListenId, String),
    /// A host, whose port may be the next word, and what is wrong with it if it is not.
    Host(String, IdError),
}

impl Word {
    fn parse(text: &str) -> Result<Self, IdError> {
        match ListenId::parse(text) {
            Ok(at) => Ok(Word::At(at, text.to_owned())),
            Err(error) if Host::parse(text).is_ok() => Ok(Word::Host(text.to_owned(), error)),
            Err(error) => Err(error),
        }
    }
}

impl ListenWords {
    /// The addresses.
    ///
    /// # Errors
    /// Status 3 for a host that has no port.
    pub fn ids(self) -> Result<Vec<ListenId>, Failure> {
        let malformed = |error| Failure::new(Exit::MalformedAddress, error);
        if let [Word::Host(host, error), Word::At(_, port)] = self.at.as_slice() {
            let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
            let joined = ListenId::parse(&format!("{host}:{port}"));
            return joined.map(|at| vec![at]).map_err(|_| malformed(error.clone()));
        }
        let whole = |word| match word {
            Word::At(at, _) => Ok(at),
            Word::Host(_, error) => Err(malformed(error)),
        };
        self.at.into_iter().map(whole).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str]) -> Result<Vec<String>, String> {
        let at =
            words.iter().map(|word| Word::parse(word)).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        let ids = ListenWords { at }.ids().map_err(|failure| failure.line())?;
        Ok(ids.iter().map(|id| format!("{id:?}")).collect())
    }

    #[test]
    fn a_host_takes_its_port_from_the_next_word() {
        let same = |two: &[&str], one: &[&str]| assert_eq!(ids(two), ids(one), "{two:?}");
        same(&["localhost", "8080"], &["localhost:8080"]);
        same(&["127.0.0.1", "8080,9000-9002/web"], &["127.0.0.1:8080,9000-9002/web"]);
        same(&["::1", "http"], &["[::1]:http"]);
        same(&["[::1]", "0"], &["[::1]:0"]);
        assert_eq!(ids(&["8080", "9090"]).unwrap().len(), 2);
        for wrong in [&["localhost"][..], &["localhost", "h:80"], &["localhost", "unix:x"], &["8080", "localhost"]] {
            assert!(ids(wrong).unwrap_err().contains("not a valid port"), "{wrong:?}: {:?}", ids(wrong));
        }
        assert!(ids(&["localhost", "80", "81"]).is_err());
    }
}
