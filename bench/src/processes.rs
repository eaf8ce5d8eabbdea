//! What a tree of processes costs: CPU time and resident memory, from /proc.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use crate::Error;

/// What processes of one kind have used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    pub(crate) resident_mib: f64,
}

/// Usage of a process and all its descendants, by program name.
pub(crate) fn usage_of_tree(root: u32) -> Result<BTreeMap<String, Usage>, Error> {
    let mut parents = HashMap::new();
    let mut stats = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end while it is looked at.
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        if let Some((program, parent, usage)) = parse(&text) {
            parents.insert(pid, parent);
            stats.insert(pid, (program, usage));
        }
    }
    let mut sums: BTreeMap<String, Usage> = BTreeMap::new();
    for (pid, (program, usage)) in stats {
        if is_descendant(pid, root, &parents) {
            let sum = sums.entry(program).or_default();
            sum.cpu_seconds += usage.cpu_seconds;
            sum.resident_mib += usage.resident_mib;
        }
    }
    Ok(sums)
}

/// The most memory that a process has had in its life.
pub(crate) fn peak_resident_mib(pid: u32) -> Result<f64, Error> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    Ok(peak.ok_or("no VmHWM")?.trim().parse::<f64>()? / 1_024.0)
}

fn is_descendant(mut pid: u32, root: u32, parents: &HashMap<u32, u32>) -> bool {
    while pid != root {
        match parents.get(&pid) {
            Some(parent) if *parent != pid => pid = *parent,
            _ => return false,
        }
    }
    true
}

/// Name, parent and usage from the text of /proc/PID/stat. Linux counts CPU time in
/// hundredths of a second and memory in pages of 4 KiB on the machines that this runs on.
fn parse(text: &str) -> Option<(String, u32, Usage)> {
    let (head, rest) = text.rsplit_once(") ")?;
    let program = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |place: usize| fields.get(place)?.parse::<f64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    let usage =
        Usage { cpu_seconds: (number(11)? + number(12)?) / 100.0, resident_mib: number(21)? * 4.0 / 1_024.0 };
    Some((program, parent, usage))
}
