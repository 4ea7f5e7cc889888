//! Binary of the server.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Pages are many short allocations on all worker threads: the allocator of the system takes longer for them, and keeps
/// more memory afterwards (docs/measurements.md).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    watchglass::run()
}
