//! TCP passes the suite of exchanges.

use lyceum_test::{Bed, exchange_suite};

exchange_suite!(Bed::real("tcp://127.0.0.1:0") => every, direct);
