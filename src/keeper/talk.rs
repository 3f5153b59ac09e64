//! One client of a keeper: greeting, frames in, frames out. What they mean is in `serve.rs`.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::wire::{DATA_CHUNK, Decoder, Dialect, Greeting, Request, Response, WireError, data_header};

/// Why a client is not served any further.
#[derive(Debug, thiserror::Error)]
pub enum Gone {
    /// It went away.
    #[error("the client has gone")]
    Left,
    /// It cannot be written to or read from.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not speak the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// A connected client.
pub struct Talk {
    socket: UnixStream,
    decoder: Decoder,
}

impl Talk {
    /// Greets a client; what it has in common with us comes back.
    ///
    /// # Errors
    /// It is no client, or went away.
    pub async fn begin(socket: UnixStream) -> Result<(Self, Dialect), Gone> {
        let mut talk = Talk { socket, decoder: Decoder::new() };
        talk.socket.write_all(&Greeting::own().encode()).await?;
        loop {
            if let Some(greeting) = talk.decoder.greeting()? {
                return Ok((talk, greeting.dialect()));
            }
            talk.receive().await?;
        }
    }

    /// Receives something. Cancel-safe.
    async fn receive(&mut self) -> Result<(), Gone> {
        loop {
            self.socket.readable().await?;
            match self.socket.try_read(self.decoder.area()) {
                Ok(0) => return Err(Gone::Left),
                Ok(count) => {
                    self.decoder.filled(count);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next request; `None`: one that is not known to this version. Cancel-safe.
    ///
    /// # Errors
    /// The client went away or does not speak the protocol.
    pub async fn request(&mut self) -> Result<Option<Request<'_>>, Gone> {
        while !self.decoder.has_frame()? {
            self.receive().await?;
        }
        match self.decoder.next_frame()?.map(Request::decode) {
            Some(Ok(request)) => Ok(Some(request)),
            Some(Err(WireError::UnknownKind(_))) | None => Ok(None),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Becomes ready when the client has gone; what it sends meanwhile is kept. Cancel-safe.
    pub async fn gone(&mut self) -> Gone {
        loop {
            if self.decoder.area().is_empty() {
                // It says too much too soon: only its answer to an answer could be next.
                return Gone::Left;
            }
            if let Err(gone) = self.receive().await {
                return gone;
            }
        }
    }

    /// Answers.
    ///
    /// # Errors
    /// The client went away.
    pub async fn answer(&mut self, response: &Response<'_>) -> Result<(), Gone> {
        let mut frame = Vec::new();
        response.encode(&mut frame)?;
        self.socket.write_all(&frame).await?;
        Ok(())
    }

    /// Sends encoded answers.
    ///
    /// # Errors
    /// The client went away.
    pub async fn send(&mut self, frames: &[u8]) -> Result<(), Gone> {
        Ok(self.socket.write_all(frames).await?)
    }

    /// Sends `length` bytes in `Data`, given by `piece(from, most)`; it gives none when they cannot be had any more.
    ///
    /// # Errors
    /// The client went away, or the bytes did.
    pub async fn send_data(&mut self, length: usize, piece: impl Fn(usize, usize) -> Vec<u8>) -> Result<(), Gone> {
        let mut at = 0;
        while at < length {
            let bytes = piece(at, DATA_CHUNK.min(length - at));
            let header = u32::try_from(bytes.len()).ok().filter(|count| *count > 0).ok_or(Gone::Left)?;
            self.socket.write_all(&data_header(header)).await?;
            self.socket.write_all(&bytes).await?;
            at += bytes.len();
        }
        Ok(())
    }
}
