//! What a keeper tells whoever started it: that its socket stands, or why not. The other end is in `launch.rs`.

use std::io::Write;

use super::wire::Response;

/// What takes everything and gives nothing.
fn nothing() -> std::io::Result<std::fs::File> {
    std::fs::File::options().read(true).write(true).open("/dev/null")
}

/// The other end of the pipe, in the keeper.
pub struct Readiness(std::fs::File);

impl Readiness {
    /// Takes the pipe from stdout, which becomes /dev/null as stdin does. stderr is heard by whoever waits, until it is told.
    ///
    /// # Errors
    /// What the system says.
    pub fn take() -> std::io::Result<Self> {
        let pipe = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
        let nothing = nothing()?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        Ok(Readiness(pipe.into()))
    }

    /// Says how it went.
    ///
    /// # Errors
    /// Nobody waits for it any more.
    pub fn tell(mut self, response: &Response<'_>) -> std::io::Result<()> {
        let nothing = nothing()?;
        rustix::stdio::dup2_stderr(&nothing)?;
        let mut frame = Vec::new();
        response.encode(&mut frame).map_err(std::io::Error::other)?;
        self.0.write_all(&frame)
    }
}
