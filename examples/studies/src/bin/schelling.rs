//! Runs [`studies::schelling`] with 100,000 residents, and writes its plots into a folder.

use studies::schelling::{Plan, run};

fn main() -> Result<(), lyceum::BoxError> {
    let folder = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    for line in run(&Plan::LARGE, 1971, folder.as_deref())? {
        println!("{line}");
    }
    Ok(())
}
