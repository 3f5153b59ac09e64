//! The ports of an `accept` on which HTTP is spoken while the others get another service.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::address::Peer;
use crate::service::Service;
use crate::service::http::Http;

/// The ports of `--http-ports`.
#[derive(Debug)]
pub struct HttpPorts {
    /// Their numbers, where these are known beforehand.
    pub ports: BTreeSet<u16>,
    /// Which of the addresses that are listened on was added for them.
    pub added: Option<usize>,
    /// What their clients get.
    pub http: Rc<Http>,
}

impl HttpPorts {
    /// The address of this index is bound.
    pub(super) fn note(&mut self, index: usize, local: &Peer) {
        if self.added == Some(index) {
            self.ports.extend(local.socket_addr().map(|address| address.port()));
        }
    }

    /// Puts HTTP before the service of the other ports.
    pub(super) fn put_before(self, service: &mut Service) {
        let others = std::mem::replace(service, Service::Discard);
        *service = Service::HttpOn(self.ports, self.http, Box::new(others));
    }
}
