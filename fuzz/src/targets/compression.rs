//! Compressed bytes.

use lyceum_wire::Compression;

use super::Target;
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "compression", run, seeds, budget: 2 << 20 };

/// How many bytes may come of it.
const LIMIT: usize = 256 << 10;

fn seeds() -> Vec<Vec<u8>> {
    let mixed: Vec<u8> = (0..4000_u32).map(|number| ((number * number) >> 5) as u8).collect();
    let plain = [vec![7; 100_000], b"ab".repeat(3000), mixed];
    plain.iter().filter_map(|plain| Compression::Lz4.pack(plain)).collect()
}

fn run(bytes: &[u8]) -> Digest {
    match Compression::Lz4.unpack(bytes, LIMIT) {
        Ok(plain) => {
            assert!(plain.len() <= LIMIT);
            if let Some(packed) = Compression::Lz4.pack(&plain) {
                assert_eq!(Compression::Lz4.unpack(&packed, LIMIT).as_ref(), Ok(&plain));
            }
            Digest::of(plain.len().ilog2_or_zero())
        }
        Err(error) => Digest::of(error.to_string()),
    }
}

trait Magnitude {
    fn ilog2_or_zero(self) -> String;
}

impl Magnitude for usize {
    /// Returns how many bits a number has, as letters: digits do not count.
    fn ilog2_or_zero(self) -> String {
        "b".repeat(self.checked_ilog2().unwrap_or_default() as usize)
    }
}
