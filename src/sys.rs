//! System calls that have no safe wrapper in the crates we use: the only module that may contain `unsafe`.
#![allow(unsafe_code)]

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Once;

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Takes over a descriptor that this process inherited, such as those of LISTEN_FDS. It is made close-on-exec.
///
/// # Errors
/// EBADF when no such descriptor was inherited, or when it was taken over already; refused for 0 to 2, which belong to the
/// standard streams.
pub fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    if number <= 2 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "descriptors 0 to 2 are the standard streams"));
    }
    // SAFETY: the borrow lasts for the two calls below, which fail with EBADF when the number is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl_getfd(borrowed)?;
    // What this process opened itself, the event loop's own descriptors among them, has the flag; so has what was taken.
    if flags.contains(FdFlags::CLOEXEC) {
        return Err(rustix::io::Errno::BADF.into());
    }
    fcntl_setfd(borrowed, flags | FdFlags::CLOEXEC)?;
    // SAFETY: the descriptor is open, and without the flag until now it was neither opened nor taken over by this process.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Lets the allocator keep memory that is freed, up to 8 MiB, instead of giving it back at once: bulk data above a layer that
/// allocates a buffer for each record (TLS) would otherwise cost a page fault for every 4 KiB that it moves.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static KEPT: Once = Once::new();
        KEPT.call_once(|| {
            // SAFETY: mallopt(3) sets a number under the allocator's own lock; a value it does not take changes nothing.
            unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, 8 << 20) };
        });
    }
}

/// Makes every descriptor above the standard streams close-on-exec, so that a program started later inherits none of those
/// that our own parent leaked to us. What this process opens itself has the flag from the start, so once is enough.
pub fn seal_descriptors() {
    static SEALED: Once = Once::new();
    SEALED.call_once(seal_inherited);
}

fn seal_inherited() {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return };
    let open: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(|fd| *fd > 2).collect();
    for number in open {
        // SAFETY: the borrow lasts for one fcntl, which fails harmlessly when the number is not open any more.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if let Ok(flags) = fcntl_getfd(descriptor) {
            let _ = fcntl_setfd(descriptor, flags | FdFlags::CLOEXEC);
        }
    }
}

/// Sets the limit of open descriptors in the process of a program, between fork(2) and exec(2). Lowering it in this process
/// for a moment would not do: with many connections no descriptor for starting the program would be left below it.
pub fn limit_descriptors_of(command: &mut Command, limit: Rlimit) {
    // SAFETY: setrlimit(2) is async-signal-safe, and the closure neither allocates nor locks.
    unsafe { command.pre_exec(move || Ok(setrlimit(Resource::Nofile, limit)?)) };
}

/// Stops this process by a signal that it has a handler for, as if it had none; returns when it was told to go on. Where no
/// shell could tell it that, the system does not stop it.
///
/// # Errors
/// What sigaction(2) says.
pub fn stop_by(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: a zeroed sigaction is one with the default action, an empty mask and no flags.
    let usual: libc::sigaction = unsafe { std::mem::zeroed() };
    let mut handler = usual;
    // SAFETY: both point to a sigaction that outlives the call.
    if unsafe { libc::sigaction(signal, &usual, &mut handler) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: raise(3) has no preconditions; the process stops in it.
    unsafe { libc::raise(signal) };
    // SAFETY: the handler is the one that was installed before.
    match unsafe { libc::sigaction(signal, &handler, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// setsockopt(2) with a value of any bytes.
///
/// # Errors
/// What setsockopt(2) says.
pub fn set_socket_option(socket: &impl AsRawFd, level: libc::c_int, name: libc::c_int, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the pointer and the length describe the slice, which outlives the call.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value.as_ptr().cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How many bytes written to a socket its peer's system has not acknowledged yet (SIOCOUTQ of tcp(7), unix(7)).
///
/// # Errors
/// What ioctl(2) says.
#[cfg(target_os = "linux")]
pub fn unacknowledged(socket: &impl AsRawFd) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (the same number as SIOCOUTQ) writes one int to the address given.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &mut count) };
    if done == 0 { Ok(usize::try_from(count).unwrap_or(0)) } else { Err(io::Error::last_os_error()) }
}

/// Puts a descriptor under the event loop.
///
/// # Errors
/// The descriptor and the reason why epoll(7) or its like refuses it: regular files and some devices.
pub fn watch(fd: OwnedFd, interest: Interest) -> Result<AsyncFd<OwnedFd>, (OwnedFd, io::Error)> {
    // SAFETY: an `OwnedFd` is open as long as it lives, always returns the same number, and the `AsyncFd` owns it from now on;
    // nothing in this crate takes it out by a mutable reference.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(tokio::io::unix::AsyncFdRegisterError::into_parts)
}

/// Whether this process was started with a signal ignored, as nohup(1) and the background jobs of a script are.
pub fn is_ignored(signal: libc::c_int) -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action sigaction(2) only writes the present one to the address given, which is large enough.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) };
    // SAFETY: zeroed memory is a valid sigaction, whether it was written or not.
    asked == 0 && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Ends the process with this status, from whichever thread. What a run has to put in order is not: only for runs that have
/// nothing.
pub fn leave(status: u8) -> ! {
    // SAFETY: _exit(2) takes any number and does not return; no code of this process runs after it.
    unsafe { libc::_exit(status.into()) }
}

// The unwinder of the standard library, from the archive that every C compiler for these systems brings. As a shared library it
// takes a twelfth of a short run: it is looked up and mapped, and asks the processor for its features, which a virtual machine
// answers slowly. Nothing is declared here: the standard library declares what it calls.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64", not(target_feature = "crt-static")))]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}

/// Whether this process was started without a stdout (`>&-`). What is written to it then goes to the /dev/null that the
/// language's runtime opens in its place, and nothing tells that apart from one that the user chose.
pub fn stdout_was_closed() -> bool {
    #[cfg(target_os = "linux")]
    return beginning::STDOUT_WAS_CLOSED.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}

/// What can only be seen before the language's runtime begins.
#[cfg(target_os = "linux")]
mod beginning {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    /// Called by the loader with the constructors of C (System V gABI, "Initialization and Termination Functions").
    // SAFETY: the section holds pointers to functions of this kind, which are called once each before main.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        // SAFETY: fcntl(2) takes any number, and this command changes nothing.
        if unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1 {
            STDOUT_WAS_CLOSED.store(true, Ordering::Relaxed);
        }
    }
}

/// Gives the pages of the program's code and constants back: a process that has begun and now mostly waits needs few of them
/// again, and those come from the page cache. A system that does not say where they are keeps them.
#[cfg(target_os = "linux")]
pub fn release_pages() {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let mut readable = None;
    for line in smaps.lines() {
        let mut fields = line.split_ascii_whitespace();
        match (fields.next(), fields.next()) {
            (Some(range), Some("r-xp" | "r--p")) => {
                // Only what is mapped from a file can come back from it.
                let from_file = fields.nth(2).is_some_and(|inode| inode != "0");
                let bounds = range.split_once('-').filter(|_| from_file);
                let number = |digits| usize::from_str_radix(digits, 16).ok();
                readable = bounds.and_then(|(from, to)| Some((number(from)?, number(to)?)));
            }
            (Some(range), Some(_)) if range.contains('-') => readable = None,
            // Not what was written to before it was made read-only, as relocated addresses are.
            (Some("Anonymous:"), Some("0")) => {
                let Some((from, to)) = readable.take() else { continue };
                // SAFETY: the range is a mapping of this process that is private, from a file, not writable, and without
                // pages of its own: all of them are read from the file again when they are used again. The code that runs
                // now is no exception.
                let _ =
                    unsafe { libc::madvise(from as *mut libc::c_void, to.saturating_sub(from), libc::MADV_DONTNEED) };
            }
            _ => {}
        }
    }
}

/// Room for one received datagram and what the system tells of it (cmsg(3)).
#[derive(Debug)]
pub struct Envelope {
    /// The bytes, of which [`Envelope::received`] says how many are there.
    pub buffer: Vec<u8>,
    control: Vec<u8>,
    control_length: usize,
    length: usize,
    from: Option<SocketAddr>,
}

impl Envelope {
    /// Room for so many bytes, and so many of control messages.
    pub fn new(capacity: usize, control: usize) -> Self {
        Envelope { buffer: vec![0; capacity], control: vec![0; control], control_length: 0, length: 0, from: None }
    }

    /// The length of the datagram as it was sent; more than the room where its end was cut off.
    pub fn received(&self) -> usize {
        self.length
    }

    /// Its sender, where it has an internet address.
    pub fn from(&self) -> Option<SocketAddr> {
        self.from
    }

    /// What the system tells of it: level, type and data of each message.
    pub fn control(&self) -> impl Iterator<Item = (libc::c_int, libc::c_int, &[u8])> {
        ControlMessages(self.control.get(..self.control_length).unwrap_or_default())
    }
}

/// Control messages as the kernel lays them out: the length with the header (size_t), level, type, data, and padding up to the
/// size of a size_t.
struct ControlMessages<'a>(&'a [u8]);

impl<'a> Iterator for ControlMessages<'a> {
    type Item = (libc::c_int, libc::c_int, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        const WORD: usize = size_of::<usize>();
        let (length, rest) = self.0.split_first_chunk::<WORD>()?;
        let (level, rest) = rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::from_ne_bytes(*length).checked_sub(WORD + 8)?;
        let data = rest.get(..length)?;
        self.0 = rest.get(length.next_multiple_of(WORD)..).unwrap_or_default();
        Some((libc::c_int::from_ne_bytes(*level), libc::c_int::from_ne_bytes(*kind), data))
    }
}

/// Receives datagrams without waiting, as many as there are and have room, each whole or with its end cut off (recvmmsg(2));
/// says how many.
///
/// # Errors
/// What recvmmsg(2) says, WouldBlock where nothing is there.
pub fn receive_many(socket: BorrowedFd<'_>, envelopes: &mut [Envelope]) -> io::Result<usize> {
    /// More than one call is ever given room for.
    const MOST: usize = 32;
    // SAFETY: all three are plain C structures of numbers and pointers, for which zeroes are valid values.
    let (mut names, mut vectors, mut headers): (
        [libc::sockaddr_storage; MOST],
        [libc::iovec; MOST],
        [libc::mmsghdr; MOST],
    ) = unsafe { std::mem::zeroed() };
    let rooms = names.iter_mut().zip(&mut vectors).zip(&mut headers);
    let mut count = 0;
    for (envelope, ((name, vector), header)) in envelopes.iter_mut().zip(rooms) {
        vector.iov_base = envelope.buffer.as_mut_ptr().cast();
        vector.iov_len = envelope.buffer.len();
        let header = &mut header.msg_hdr;
        header.msg_name = std::ptr::from_mut(name).cast();
        header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        header.msg_iov = vector;
        header.msg_iovlen = 1;
        header.msg_control = envelope.control.as_mut_ptr().cast();
        header.msg_controllen = envelope.control.len() as _;
        count += 1;
    }
    // MSG_TRUNC: the length is that of the whole datagram, also of one that does not fit.
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    // SAFETY: the first `count` headers point to names, vectors and to buffers of the envelopes, with their true lengths; all
    // of them outlive the call and nobody else uses them meanwhile.
    let received =
        unsafe { libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, flags as _, std::ptr::null_mut()) };
    let Ok(received) = usize::try_from(received) else { return Err(io::Error::last_os_error()) };
    for (envelope, (header, name)) in envelopes.iter_mut().zip(headers.iter().zip(names)).take(received) {
        envelope.length = header.msg_len as usize;
        envelope.control_length = header.msg_hdr.msg_controllen.min(envelope.control.len());
        envelope.from = internet_address(&name);
    }
    Ok(received)
}

fn internet_address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let name: *const libc::sockaddr_storage = name;
    // SAFETY: sockaddr_storage is large and aligned enough for an address of any family; its family says which one it is, and
    // all its bytes have a value.
    unsafe {
        match libc::c_int::from((*name).ss_family) {
            libc::AF_INET => {
                let v4 = *name.cast::<libc::sockaddr_in>();
                let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                Some(SocketAddrV4::new(address, u16::from_be(v4.sin_port)).into())
            }
            libc::AF_INET6 => {
                let v6 = *name.cast::<libc::sockaddr_in6>();
                let (address, port) = (Ipv6Addr::from(v6.sin6_addr.s6_addr), u16::from_be(v6.sin6_port));
                Some(SocketAddrV6::new(address, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
            }
            _ => None,
        }
    }
}
