//! What every codec promises, and where codecs by position and by names differ.

mod hostile;
mod names;
mod values;

use lyceum_wire::{Codec, CodecKind, Style};

/// Returns every codec that the program was built with, in both styles.
fn codecs() -> Vec<&'static dyn Codec> {
    let styles = [Style::Positional, Style::SelfDescribing];
    let all = CodecKind::built_in().flat_map(|kind| styles.map(|style| kind.codec(style)));
    all.filter_map(Result::ok).collect()
}

/// Returns those by position, or those by names.
fn codecs_with(names: bool) -> impl Iterator<Item = &'static dyn Codec> {
    codecs().into_iter().filter(move |codec| codec.is_self_describing() == names)
}
