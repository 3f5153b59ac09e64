//! Which way bytes go from one descriptor to another: decided once, before the first byte, from facts alone.

use crate::transport::Kind;

/// A way to move bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Through a buffer of ours.
    Copy,
    /// splice(2) straight from one to the other, one of them being a pipe.
    Splice,
    /// splice(2) through a pipe of ours.
    SpliceThrough,
}

/// The fastest way that is right. `looked_at` says that the bytes are seen or changed on their way.
pub fn path(from: Kind, to: Kind, looked_at: bool) -> Path {
    if looked_at || !cfg!(target_os = "linux") {
        return Path::Copy;
    }
    match (from, to) {
        // Terminals and devices are slow or odd; splice(2) refuses to append.
        (Kind::Terminal | Kind::Device, _) | (_, Kind::Terminal | Kind::File { append: true }) => Path::Copy,
        (Kind::File { .. }, Kind::File { .. } | Kind::Device) => Path::Copy,
        (Kind::Pipe, _) | (_, Kind::Pipe) => Path::Splice,
        (Kind::File { .. } | Kind::Socket, Kind::File { .. } | Kind::Socket | Kind::Device) => Path::SpliceThrough,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_moves_what_nobody_looks_at() {
        let file = Kind::File { append: false };
        let log = Kind::File { append: true };
        let table = [
            (file, Kind::Socket, false, Path::SpliceThrough),
            (Kind::Socket, file, false, Path::SpliceThrough),
            (Kind::Socket, Kind::Socket, false, Path::SpliceThrough),
            (Kind::Socket, Kind::Device, false, Path::SpliceThrough),
            (Kind::Pipe, Kind::Socket, false, Path::Splice),
            (Kind::Socket, Kind::Pipe, false, Path::Splice),
            (Kind::Socket, log, false, Path::Copy),
            (Kind::Terminal, Kind::Socket, false, Path::Copy),
            (Kind::Socket, Kind::Terminal, false, Path::Copy),
            (file, Kind::Socket, true, Path::Copy),
        ];
        for (from, to, looked_at, expected) in table {
            assert_eq!(path(from, to, looked_at), expected, "{from:?} to {to:?}, looked at: {looked_at}");
        }
    }
}
