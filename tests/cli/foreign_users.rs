//! Promise 57 where there is another user: only the owner of a keeper can use it. That takes the superuser, who can be both.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::kept::Kept;
use crate::support::{Finished, Listener, Run, Signal};

/// The user and group nobody, who own nothing.
const NOBODY: u32 = 65534;

/// The sockets of one user, in a place that another can reach.
struct Shared {
    kept: Kept,
    program: PathBuf,
}

impl Shared {
    /// `None` without the superuser's rights; then the test says that it was skipped.
    fn new(test: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: {test} needs the superuser, who can be two users");
            return None;
        }
        let kept = Kept::new();
        open_to_all(kept.0.directory(), 0o755);
        // The folder of the build may be closed to others.
        let program = kept.0.path("program");
        std::fs::copy(env!("CARGO_BIN_EXE_netverb"), &program).unwrap();
        Some(Shared { kept, program })
    }

    fn as_nobody<I: IntoIterator<Item: AsRef<OsStr>>>(&self, words: I) -> Run {
        let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
        let mut all: Vec<std::ffi::OsString> = user.iter().map(Into::into).collect();
        all.push(self.program.clone().into());
        all.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self.kept.0.program("setpriv", "util-linux", all)
    }
}

fn open_to_all(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A keeper that looks at who is there says nothing to anybody else, not even its greeting.
#[track_caller]
fn was_turned_away(ended: &Finished) {
    assert_eq!(ended.stdout, b"", "it was greeted: {}", ended.stderr);
}

#[test]
fn b57_another_user_is_refused_by_the_directory_and_by_the_keeper() {
    let Some(shared) = Shared::new("b57_another_user_is_refused_by_the_directory_and_by_the_keeper") else { return };
    let mut peer = shared.kept.open("x", &[]);
    peer.send(b"not for everybody\n");
    let directory = shared.kept.directory();
    let place = directory.to_str().unwrap();
    let runtime = shared.kept.0.path("run");
    shared.as_nobody(["read", "x", "--session-dir", place]).run().failed(2, &["permission denied", "--session-dir"]);
    shared.as_nobody(["close", "x", "--session-dir", place]).run().failed(2, &["permission denied", "--session-dir"]);
    // Whatever somebody has opened by mistake: the keeper looks itself.
    open_to_all(&runtime, 0o755);
    open_to_all(&directory, 0o755);
    open_to_all(&directory.join("x.sock"), 0o777);
    shared.as_nobody(["read", "x", "--session-dir", place]).run().failed(2, &["belongs to user 0, not to user 65534"]);
    let path = format!("unix:{}", directory.join("x.sock").display());
    was_turned_away(&shared.as_nobody(["open", &path]).run());
    open_to_all(&directory, 0o700);
    assert_eq!(shared.kept.says(&["read", "x"]), "not for everybody\n");
}

#[test]
fn b57_the_superuser_has_no_way_into_the_sockets_of_others() {
    let Some(shared) = Shared::new("b57_the_superuser_has_no_way_into_the_sockets_of_others") else { return };
    let theirs = shared.kept.0.path("theirs");
    std::fs::create_dir(&theirs).unwrap();
    open_to_all(&theirs, 0o700);
    std::os::unix::fs::chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    let listener = Listener::tcp();
    let place = theirs.to_str().unwrap();
    shared.as_nobody(["open", &format!("{}/x", listener.id()), "--session-dir", place]).run().exits(0);
    let mut peer = listener.accept();
    peer.send(b"private\n");
    shared.kept.run(&["read", "x", "--session-dir", place]).failed(2, &["belongs to user 65534, not to user 0"]);
    was_turned_away(&shared.kept.run(&["open", &format!("unix:{place}/x.sock")]));
    let read = shared.as_nobody(["read", "x", "--session-dir", place]).run();
    assert_eq!(String::from_utf8_lossy(&read.stdout), "private\n", "{}", read.stderr);
    shared.as_nobody(["close", "x", "--session-dir", place]).run().exits(0);
}

#[test]
fn b57_what_another_user_serves_is_no_keeper_of_ours() {
    let Some(shared) = Shared::new("b57_what_another_user_serves_is_no_keeper_of_ours") else { return };
    let theirs = shared.kept.0.path("theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::os::unix::fs::chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    let path = theirs.join("x.sock");
    let at = format!("unix:{}", path.display());
    let mut rude = shared.as_nobody(["accept", &at, "-k", "--json"]).spawn();
    rude.wait_event("listening");
    shared.kept.run(&["sockets"]);
    std::fs::rename(&path, shared.kept.directory().join("x.sock")).unwrap();
    shared.kept.run(&["write", "x", "secret"]).failed(112, &["belongs to user 65534", "--session-dir"]);
    rude.signal(Signal::TERM);
    assert_eq!(rude.wait().stdout, b"", "nothing was said to it");
}
