use lyceum::prelude::*;

struct Listener;

#[agent]
impl Listener {
    #[event(sesion_start)]
    fn misspelt(&mut self) {}
}

fn main() {}
