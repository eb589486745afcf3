//! What a keeper may do, and the programs that it starts may not.

use std::io;

use rustix::io::Errno;
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_capabilities_secure_bits, set_no_new_privs,
};

/// Lets the program that is executed next keep what this process may do in its namespaces.
///
/// The caller is not the superuser there, and anybody else would lose it.
pub(super) fn pass_on() -> io::Result<()> {
    let mut own = capabilities(None)?;
    own.inheritable = own.permitted;
    set_capabilities(None, own)?;
    for one in single(own.permitted) {
        configure_capability_in_ambient_set(one, true)?;
    }
    Ok(())
}

/// Lets programs that are executed from here on have no privilege at all, not even as the
/// superuser. This process keeps its own.
pub(super) fn withhold() -> io::Result<()> {
    no_new()?;
    let mut own = capabilities(None)?;
    for one in single(CapabilitySet::from_bits_retain(u64::MAX)) {
        match remove_capability_from_bounding_set(one) {
            // This system does not know so many.
            Err(Errno::INVAL) => break,
            other => other?,
        }
    }
    clear_ambient_capability_set()?;
    let locked = CapabilitiesSecureBits::NO_ROOT
        | CapabilitiesSecureBits::NO_ROOT_LOCKED
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
    set_capabilities_secure_bits(locked)?;
    own.inheritable = CapabilitySet::empty();
    Ok(set_capabilities(None, own)?)
}

/// Lets no program gain privileges by being executed.
pub(super) fn no_new() -> io::Result<()> {
    Ok(set_no_new_privs(true)?)
}

fn single(set: CapabilitySet) -> impl Iterator<Item = CapabilitySet> {
    let bits = (0..u64::BITS).map(|bit| CapabilitySet::from_bits_retain(1 << bit));
    bits.filter(move |one| set.contains(*one))
}
