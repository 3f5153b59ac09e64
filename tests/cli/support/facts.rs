//! What proc(5) says about a running process.

use std::fs;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::Pid;

/// A process to ask about.
#[derive(Debug, Clone, Copy)]
pub struct Facts(pub Pid);

impl Facts {
    fn read(self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.0.as_raw_nonzero());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The most memory it ever had resident, in bytes.
    pub fn peak_memory(self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// The CPU time it used so far, in the steps of the system's clock (10 ms).
    pub fn cpu_time(self) -> Duration {
        let stat = self.read("stat");
        // The name in parentheses may contain anything; utime and stime are the 12th and 13th field after it.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }

    /// How many descriptors it has open.
    pub fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0.as_raw_nonzero())).unwrap().count()
    }

    /// What its descriptors 0, 1 and 2 are, as links of /proc.
    pub fn standard_streams(self) -> [String; 3] {
        [0, 1, 2].map(|number| {
            let link = fs::read_link(format!("/proc/{}/fd/{number}", self.0.as_raw_nonzero()));
            link.map_or_else(|error| error.to_string(), |target| target.display().to_string())
        })
    }

    /// The flags of the file description that is its stdin, which it may share with others.
    pub fn flags_of_stdin(self) -> OFlags {
        let info = self.read("fdinfo/0");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("flags");
        OFlags::from_bits_retain(u32::from_str_radix(flags.trim(), 8).unwrap())
    }

    /// The children of its main thread: number and state, `Z` for one that nobody waits for.
    pub fn children(self) -> Vec<(i32, char)> {
        let pid = self.0.as_raw_nonzero();
        let numbers = self.read(&format!("task/{pid}/children"));
        let numbers = numbers.split_whitespace().map(|number| number.parse::<i32>().unwrap());
        let state = |number: i32| {
            let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
            stat.rsplit_once(") ")?.1.chars().next()
        };
        numbers.filter_map(|number| Some((number, state(number)?))).collect()
    }
}
