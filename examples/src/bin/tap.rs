//! Runs or replays [`examples::tap`]; `TAP_BUCKETS` says how many buckets are filled, three unless set.

use std::process::ExitCode;

fn main() -> ExitCode {
    let buckets = std::env::var("TAP_BUCKETS").ok().and_then(|text| text.parse().ok());
    examples::tap::program(buckets.unwrap_or(3)).main()
}
