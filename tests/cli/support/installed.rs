//! Other programs that the program is tried against: found, or missed by the name of the package that has them.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::OnceLock;

use super::Sandbox;
use super::run::Run;

/// The interpreter of Python that has the modules of [`Sandbox::python`].
static PYTHON: OnceLock<String> = OnceLock::new();

/// The modules of Python that tests need beyond its own, with their packages of Debian.
const MODULES: [(&str, &str); 2] = [("cbor2", "python3-cbor2"), ("msgpack", "python3-msgpack")];

fn find_python() -> String {
    let print = "import sys; print(sys.executable)";
    let ask = |code: &str| {
        let asked = Command::new("python3").args(["-c", code]).output();
        asked.unwrap_or_else(|error| panic!("python3: {error}; its package is python3"))
    };
    for (module, package) in MODULES {
        let found = ask(&format!("import {module}")).status.success();
        assert!(found, "python3 has no module {module}: pip install {module}, or the package {package}");
    }
    String::from_utf8(ask(print).stdout).unwrap().trim().to_owned()
}

impl Sandbox {
    /// A program of this Debian package.
    #[track_caller]
    pub fn program<I: IntoIterator<Item: AsRef<OsStr>>>(&self, name: &str, package: &str, arguments: I) -> Run {
        let found = ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|folder| {
            let path = std::path::Path::new(folder).join(name);
            path.is_file()
        });
        assert!(found, "{name} is not installed; its package is {package}");
        let mut command = Command::new(name);
        command.args(arguments);
        self.run(command)
    }

    /// A script of Python for which this module is there.
    pub fn python_with(&self, module: &str, script: &str) -> Run {
        let python = PYTHON.get_or_init(find_python);
        let found = Command::new(python).args(["-c", &format!("import {module}")]).status().unwrap().success();
        assert!(found, "python3 has no module {module}: pip install {module}");
        let mut command = Command::new(python);
        command.args(["-u", "-c", script]);
        self.run(command)
    }

    /// A script of Python with these arguments; `cbor2` and `msgpack` are there.
    pub fn python<I: IntoIterator<Item: AsRef<OsStr>>>(&self, script: &str, arguments: I) -> Run {
        let mut command = Command::new(PYTHON.get_or_init(find_python));
        command.args(["-u", "-c", script]).args(arguments);
        self.run(command)
    }
}
