//! The simulated network passes the suite of exchanges.

use lyceum_test::{Bed, exchange_suite};

exchange_suite!(Bed::simulated(7) => every, direct);
