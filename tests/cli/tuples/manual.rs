//! The programs in the manual page of tuples do what it says.

use crate::support::{Finished, Listener, Run, Sandbox};

/// Takes a program out of the page, by the command that the page gives.
fn example(sandbox: &Sandbox, name: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/man/netverb-tuples.5");
    let script = format!("/^\\.\\\\\" begin {name}$/,/^\\.\\\\\" end$/{{/^\\./!p;}}");
    let ended = sandbox.program("sed", "sed", ["-n", &script, page]).run();
    ended.exits(0);
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(!text.is_empty(), "no example {name}");
    text
}

fn compiled(sandbox: &Sandbox, name: &str) -> Run {
    sandbox.write(&format!("{name}.c"), example(sandbox, &format!("{name}.c")));
    sandbox.program("cc", "gcc", ["-Wall", "-Werror", "-o", name, &format!("{name}.c")]).run().exits(0);
    sandbox.shell(&format!("exec ./{name}"))
}

fn lines(ended: &Finished) -> Vec<String> {
    ended.exits(0);
    String::from_utf8(ended.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn b60_the_python_program_that_sends() {
    let sandbox = Sandbox::new();
    let mut receiver =
        sandbox.netverb(["recv-tuple", "--json", "--tsv", "--listen", "127.0.0.1:0", "--count", "all"]).spawn();
    let program = example(&sandbox, "tuple_send.py").replace("4000", &receiver.port().to_string());
    sandbox.python(&program, [""; 0]).run().exits(0);
    assert_eq!(lines(&receiver.wait()), ["0\t0.0\thello", "1\t0.5\thello", "2\t1.0\thello"]);
}

#[test]
fn b60_the_python_program_that_shows() {
    let sandbox = Sandbox::new();
    let bytes = super::sent_from(&sandbox, &["--input", "tsv"], b"1\t2.5\ttext\n7\n");
    let ended = sandbox.python(&example(&sandbox, "tuple_show.py"), [""; 0]).feed(&bytes);
    assert_eq!(lines(&ended), ["int 1", "float 2.5", "str text", "int 7"]);
}

#[test]
fn b60_the_c_program_that_writes() {
    let sandbox = Sandbox::new();
    let written = compiled(&sandbox, "tuple_send").run();
    written.exits(0);
    assert_eq!(written.stdout, super::sent(&sandbox, &["--", "7", "1.5", "hello"]));
    let ended = super::received(&sandbox, &["--type"], &written.stdout);
    assert_eq!(lines(&ended), ["irs"]);
}

#[test]
fn b60_the_c_program_that_reads() {
    let sandbox = Sandbox::new();
    let listener = Listener::tcp();
    let id = listener.id();
    let receiving = listener.serve(|mut peer| peer.read_to_end());
    // As the page has it: the values after the options.
    sandbox.netverb(["send-tuple", &id, "--format", "sn2", "40", "-2"]).run().exits(0);
    let ended = compiled(&sandbox, "tuple_read").feed(&receiving.join().unwrap());
    assert_eq!(lines(&ended), ["40 -2"]);
}
