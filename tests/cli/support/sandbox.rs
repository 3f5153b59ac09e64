//! A private place for one test: directory, environment, and the record of every process that ran in it.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use super::child::{Collected, Record};
use super::run::Run;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_netverb");

/// The place of one test. When the test fails, it shows what each process printed.
pub struct Sandbox {
    directory: tempfile::TempDir,
    records: Rc<RefCell<Vec<Record>>>,
}

impl Sandbox {
    /// An empty one, with a short path: Unix sockets are to fit into it.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("nv").tempdir().unwrap();
        let runtime = directory.path().join("run");
        std::fs::create_dir(&runtime).unwrap();
        std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
        Sandbox { directory, records: Rc::default() }
    }

    /// `netverb` with these arguments.
    pub fn netverb<I: IntoIterator<Item: AsRef<OsStr>>>(&self, arguments: I) -> Run {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        self.run(command)
    }

    /// A script of /bin/sh; `"$NETVERB"` is the program.
    pub fn shell(&self, script: &str) -> Run {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        self.run(command)
    }

    pub(super) fn run(&self, mut command: Command) -> Run {
        self.furnish(&mut command);
        Run::new(command, self.records.clone())
    }

    /// Gives a command the directory and environment of this place, and nothing of ours.
    pub fn furnish(&self, command: &mut Command) {
        command.current_dir(self.directory.path()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.env("HOME", self.directory.path()).env("TMPDIR", self.directory.path());
        command.env("XDG_RUNTIME_DIR", self.path("run")).env("NETVERB", PROGRAM);
    }

    /// Shows this output, too, when the test fails.
    pub(super) fn show(&self, line: String, stdout: Collected) {
        self.records.borrow_mut().push(Record { line, stdout, ..Record::default() });
    }

    /// A path in the directory of this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file into this place.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The directory of this place.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for record in self.records.borrow().iter() {
                eprintln!("{record}");
            }
        }
    }
}
