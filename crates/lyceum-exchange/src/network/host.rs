//! Which machine this is, and which network it sees.

use std::fs;
use std::sync::OnceLock;

/// Identifies the machine since it was started, and the process's network namespace: two nodes
/// with the same one can use a socket of the machine. Zeros where that cannot be found out.
pub(super) fn identity() -> [u8; 16] {
    static IDENTITY: OnceLock<[u8; 16]> = OnceLock::new();
    *IDENTITY.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Option<[u8; 16]> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = boot.chars().filter(char::is_ascii_hexdigit).collect();
    let boot = u128::from_str_radix(&digits, 16).ok()?;
    let network = fs::read_link("/proc/self/ns/net").ok()?;
    let inode: String = network.to_str()?.chars().filter(char::is_ascii_digit).collect();
    let inode: u64 = inode.parse().ok()?;
    Some((boot ^ u128::from(inode)).to_be_bytes())
}
