//! The load generator of compare.py: what Python is too slow to do without being measured itself.
//!
//! It prints one line of JSON. It must not become clever: threads and blocking sockets, nothing but the standard library.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "\
load connects ADDR PARALLEL SECONDS  connect, send 64 bytes, await them, close; over and over, 10,000 times at most
load trips ADDR SECONDS              send 64 bytes and await them over one connection
load starts COUNT COMMAND...         run a command; PORT in it becomes a port where every client is let go at once
";

const WORD: [u8; 64] = *b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The system has 28,232 ports for connections to one address, looks for a free one among half of them first (ip(7),
/// `ip_local_port_range`), and needs ever longer for the last: what is measured has to be over before.
const MOST_VISITS: u64 = 10_000;

/// No answer for so long is an error.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let measured = match words.as_slice() {
        ["connects", address, parallel, seconds] => connects(address, parallel, seconds),
        ["trips", address, seconds] => trips(address, seconds),
        ["starts", count, program, arguments @ ..] => starts(count, program, arguments),
        _ => Ok(USAGE.to_owned()),
    };
    match measured {
        Ok(line) => {
            print!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> io::Result<T> {
    text.parse().map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("{text:?} is not understood")))
}

fn connects(address: &str, parallel: &str, seconds: &str) -> io::Result<String> {
    let address: SocketAddr = parsed(address)?;
    let span = Duration::from_secs_f64(parsed(seconds)?);
    let (count, errors) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..parsed::<usize>(parallel)? {
            scope.spawn(|| {
                while begun.elapsed() < span && count.load(Ordering::Relaxed) < MOST_VISITS {
                    let counter = if visit(address).is_ok() { &count } else { &errors };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        io::Result::Ok(())
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let (count, errors) = (count.into_inner(), errors.into_inner());
    Ok(format!("{{\"count\": {count}, \"errors\": {errors}, \"seconds\": {seconds}}}\n"))
}

fn visit(address: SocketAddr) -> io::Result<()> {
    let mut peer = TcpStream::connect(address)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    exchange(&mut peer)
}

fn exchange(peer: &mut TcpStream) -> io::Result<()> {
    peer.write_all(&WORD)?;
    let mut answer = [0; WORD.len()];
    peer.read_exact(&mut answer)?;
    if answer == WORD { Ok(()) } else { Err(io::Error::other("the answer is not what was sent")) }
}

fn trips(address: &str, seconds: &str) -> io::Result<String> {
    let span = Duration::from_secs_f64(parsed(seconds)?);
    let mut peer = TcpStream::connect(parsed::<SocketAddr>(address)?)?;
    peer.set_nodelay(true)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    let begun = Instant::now();
    let mut count = 0u64;
    while begun.elapsed() < span {
        exchange(&mut peer)?;
        count += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok(format!("{{\"count\": {count}, \"seconds\": {seconds}}}\n"))
}

fn starts(count: &str, program: &str, arguments: &[&str]) -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port().to_string();
    thread::spawn(move || listener.incoming().for_each(drop));
    let mut took: Vec<Duration> = Vec::new();
    let mut errors = 0u64;
    let before = cpu_of_children()?;
    for _ in 0..parsed::<usize>(count)? {
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|word| word.replace("PORT", &port)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let ended = command.status()?;
        took.push(begun.elapsed());
        errors += u64::from(!ended.success());
    }
    let cpu = cpu_of_children()? - before;
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64();
    Ok(format!("{{\"median\": {median}, \"cpu\": {cpu}, \"errors\": {errors}}}\n"))
}

/// Seconds of user and system time of the children that have ended: fields 16 and 17 of proc_pid_stat(5), in hundredths.
fn cpu_of_children() -> io::Result<f64> {
    let facts = std::fs::read_to_string("/proc/self/stat")?;
    let fields = facts.rsplit(')').next().unwrap_or_default().split_whitespace();
    Ok(fields.skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0)
}
