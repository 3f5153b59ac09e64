//! The ports of an `accept` on which HTTP is spoken while the others get another service.

use std::rc::Rc;

use crate::address::Peer;
use crate::service::Service;
use crate::service::http::{Http, Ports};

/// The ports of `--http-ports`.
#[derive(Debug)]
pub struct HttpPorts {
    /// Which they are, as far as that is known beforehand.
    pub ports: Ports,
    /// Which of the addresses that are listened on was added for them.
    pub added: Option<usize>,
    /// What their clients get.
    pub http: Rc<Http>,
}

impl HttpPorts {
    /// The address of this index is bound.
    pub(super) fn note(&mut self, index: usize, local: &Peer) {
        if let (Ports::These(ports), true) = (&mut self.ports, self.added == Some(index)) {
            ports.extend(local.socket_addr().map(|address| address.port()));
        }
    }

    /// Puts HTTP before the service of the other ports.
    pub(super) fn put_before(&self, service: &mut Service) {
        let others = std::mem::replace(service, Service::Discard);
        *service = Service::HttpOn(self.ports.clone(), self.http.clone(), Box::new(others));
    }
}
