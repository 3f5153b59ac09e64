//! What a relay asks of everything that changes a stream on its way.

use std::io;

use super::{Inband, InbandMarks, Incoming, Outgoing, Piece};

/// Something that changes a stream of bytes.
pub trait Transform {
    /// Takes bytes and appends what is ready.
    ///
    /// # Errors
    /// InvalidData when the stream cannot be converted.
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()>;

    /// Appends what was held back; nothing comes after it.
    ///
    /// # Errors
    /// InvalidData when the stream ends in the middle of something.
    fn finish(&mut self, output: &mut Vec<u8>) -> io::Result<()>;

    /// Whether something is held back that must not wait until more comes.
    fn is_holding(&self) -> bool {
        false
    }

    /// The source is silent: appends what must not wait. The stream may go on.
    fn settle(&mut self, _: &mut Vec<u8>) {}
}

impl Transform for Outgoing {
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        Outgoing::push(self, input, output);
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

impl Transform for Incoming {
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        Incoming::push(self, input, output);
        Ok(())
    }

    fn finish(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        Incoming::finish(self, output);
        Ok(())
    }

    fn is_holding(&self) -> bool {
        self.pending()
    }

    fn settle(&mut self, output: &mut Vec<u8>) {
        Incoming::finish(self, output);
    }
}

/// Takes in-band commands out of a stream and hands them to a function.
pub struct TakeCommands<F> {
    /// Taken by the end of the stream.
    inband: Option<Inband>,
    take: F,
}

impl<F: FnMut(&[u8])> TakeCommands<F> {
    /// Commands between these marks go to `take`.
    pub fn new(marks: InbandMarks, take: F) -> Self {
        TakeCommands { inband: Some(Inband::new(marks)), take }
    }
}

impl<F: FnMut(&[u8])> Transform for TakeCommands<F> {
    fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
        let take = &mut self.take;
        let Some(inband) = &mut self.inband else { return Ok(()) };
        let pushed = inband.push(input, |piece| match piece {
            Piece::Data(data) => output.extend_from_slice(data),
            Piece::Command(command) => take(command),
        });
        pushed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        match self.inband.take() {
            Some(inband) => inband.finish().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            None => Ok(()),
        }
    }
}
