//! The program `netverb`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    netverb::run::run(std::env::args_os().collect()).into()
}
