//! Keepers: what a program may do under one, and what becomes of it.

use lyceum_campaign::sandbox;

mod faults;
mod ground;
mod life;
mod limits;
mod others;
#[path = "../machine/refusal.rs"]
mod refusal;
mod shut_off;
mod streams;
