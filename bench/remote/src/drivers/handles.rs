//! The memory of handles.

use lyceum::prelude::*;
use lyceum_bench_figures::machine;

use crate::peers::lyceum::Counter;
use crate::sizes::Sizes;

/// How many handles come in one message.
const PAGE: u64 = 1_000;

/// Returns the bytes of memory that each of many handles takes, all to different agents of one
/// remote node.
pub async fn handles(counter: Handle<Counter>, sizes: Sizes) -> Vec<f64> {
    // What the first page leaves behind in the allocator serves the others.
    drop(counter.brood(PAGE.min(sizes.handles)).await.expect("the counter launches others"));
    let mut handles: Vec<Handle<Counter>> = Vec::new();
    handles.reserve_exact(sizes.handles as usize);
    handles.extend(counter.brood(PAGE.min(sizes.handles)).await.expect("it launches others"));
    let (before, first) = (machine::resident_bytes(), handles.len() as u64);
    while (handles.len() as u64) < sizes.handles {
        let page = PAGE.min(sizes.handles - handles.len() as u64);
        handles.extend(counter.brood(page).await.expect("it launches others"));
    }
    let after = machine::resident_bytes();
    let last = handles.last().expect("there are some");
    assert_eq!(last.add(2).await.expect("the last one is reached"), 2);
    let counted = (sizes.handles - first).max(1);
    vec![after.saturating_sub(before) as f64 / counted as f64]
}
