//! Crashes of the process and of the machine at any point, and bits that flip.

use std::collections::BTreeSet;

use lyceum_exchange::mailbox::Put;
use lyceum_exchange::store::{Store, StoreError};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::depot::{AGENT, Depot, USER, letter, settings};
use crate::shaky::{Crash, Shaky};

/// What the caller was told.
#[derive(Default)]
struct Promised {
    accepted: BTreeSet<u128>,
    answered: BTreeSet<u128>,
    next: u128,
}

/// Puts, takes and answers until the disk is gone.
async fn work(depot: &Depot, promised: &mut Promised, random: &mut SmallRng) {
    loop {
        match random.random_range(0..10) {
            0..6 => {
                let tag = promised.next;
                promised.next += 1;
                let body = vec![7; random.random_range(1..2_000)];
                match depot.put(letter(tag), &body).await {
                    Ok(_) => promised.accepted.insert(tag),
                    Err(_) => return,
                };
            }
            6..9 => {
                let open: Vec<u128> =
                    promised.accepted.difference(&promised.answered).copied().collect();
                let Some(tag) = open.get(random.random_range(0..=open.len())) else { continue };
                match depot.answer(*tag).await {
                    Ok(_) => promised.answered.insert(*tag),
                    Err(_) => return,
                };
            }
            _ => {
                if depot.read(USER).await.is_err() || depot.read(AGENT).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Checks that what was promised is there.
async fn check(depot: &Depot, promised: &Promised, seed: u64) {
    for tag in &promised.accepted {
        let put = depot.put(letter(*tag), b"again").await.unwrap();
        if promised.answered.contains(tag) {
            let is_answered = matches!(put, Put::AnsweredBefore(..) | Put::Repeated(_));
            assert!(is_answered, "seed {seed}: {tag} would run again: {put:?}");
        } else {
            assert!(!matches!(put, Put::Accepted(_)), "seed {seed}: {tag} was lost");
        }
    }
}

async fn crash_many_times(crash: Crash, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let (shaky, mut promised) = (Shaky::default(), Promised::default());
    let mut settings = settings();
    // Answers may not be forgotten here, nor deliveries be counted.
    settings.limits.deliveries = u32::MAX;
    for _ in 0..6 {
        let depot = Depot::open(shaky.clone(), settings).unwrap();
        check(&depot, &promised, seed).await;
        shaky.die_after(random.random_range(1..120));
        work(&depot, &mut promised, &mut random).await;
        depot.close();
        shaky.crash(crash, &mut random);
    }
    let depot = Depot::open(shaky, settings).unwrap();
    check(&depot, &promised, seed).await;
    depot.close();
}

#[tokio::test]
async fn a_process_that_dies_while_it_writes_loses_nothing_that_was_accepted() {
    for seed in 0..40 {
        crash_many_times(Crash::Process, seed).await;
    }
}

#[tokio::test]
async fn a_machine_that_dies_while_it_writes_loses_nothing_that_was_accepted() {
    for seed in 0..40 {
        crash_many_times(Crash::Machine, seed).await;
    }
}

#[tokio::test]
async fn a_bit_that_flips_in_what_was_on_disk_is_found() {
    let mut random = SmallRng::seed_from_u64(5);
    let (mut refused, mut cut) = (0, 0);
    for _ in 0..200 {
        let shaky = Shaky::default();
        let depot = Depot::open(shaky.clone(), settings()).unwrap();
        for tag in 0..20 {
            depot.put(letter(tag), &[9; 100]).await.unwrap();
        }
        // The process is killed: no index is written.
        shaky.die_after(0);
        depot.close();
        shaky.crash(Crash::Process, &mut random);
        let written = shaky.read(1, 0, settings().segment).unwrap();
        let used = written.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let bit = random.random_range(0..used * 8);
        shaky.flip(1, bit);

        match Depot::open(shaky, settings()) {
            Err(StoreError::Damaged { segment: 1, offset }) => {
                assert!(offset as usize <= bit / 8);
                refused += 1;
            }
            Err(error) => panic!("{error}"),
            // Only where nothing that comes after says that it was on disk.
            Ok(depot) => {
                assert!(bit / 8 > used / 10 * 9, "bit {bit} was not found");
                depot.close();
                cut += 1;
            }
        }
    }
    assert!(refused > 150 && cut > 0, "{refused} {cut}");
}
