//! `--tls-info` and `--min-days`: what the peer's certificate says, and how long it must still hold.

use super::context::Context;
use crate::conversation::upgrade::Inspect;
use crate::failure::Failure;
use crate::transport::tls::SessionInfo;

/// What to show and demand of a TLS session.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inspection {
    /// Whether the session is shown (`--tls-info`).
    pub show: bool,
    /// How many days every certificate of the chain must still be valid (`--min-days`).
    pub min_days: Option<i64>,
}

impl Inspection {
    /// Does both with each session that there will be.
    pub fn of_each(self, context: &Context) -> Inspect {
        let context = context.clone();
        Box::new(move |session| {
            self.show_aside(session, &context);
            self.demand(session)
        })
    }

    /// Shows the session on stderr, where stdout belongs to the data. With `--json` the event says the same.
    pub fn show_aside(&self, session: &SessionInfo, context: &Context) {
        if self.show && !context.json {
            for line in session.to_string().lines() {
                context.reporter.note(line);
            }
        }
    }

    /// Fails where a certificate is too near its end.
    ///
    /// # Errors
    /// Status 60.
    pub fn demand(&self, session: &SessionInfo) -> Result<(), Failure> {
        self.min_days.map_or(Ok(()), |wanted| session.demand_days(wanted))
    }
}
