//! Runs [`studies::epidemic`] in towns of 10,000 people, and writes its plot into a folder.

use studies::epidemic::{Sweep, run};

fn main() -> Result<(), lyceum::BoxError> {
    let folder = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    for line in run(&Sweep::large(), folder.as_deref())? {
        println!("{line}");
    }
    Ok(())
}
