//! Keepers: what a program may do under one, and what becomes of it.

mod faults;
mod ground;
mod life;
mod limits;
mod others;
mod shut_off;
mod streams;
