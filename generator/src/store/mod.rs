//! A plan and the Nix store: which nodes names stand for, what they are built from, and what of it the store holds.
//!
//! [`choose`] and [`needed`] are functions over a plan. [`sources`] brings files into the store, [`evaluate`] asks Nix
//! for the derivations of a rendered folder and [`nodes`] for what is registered of them, [`build`] runs Nix's
//! builders. All of these tell what happens on the way as an [`Event`]; showing it is the caller's part.

pub mod build;
pub mod choose;
pub mod develop;
mod ending;
pub mod evaluate;
pub mod export;
pub mod gc;
pub mod machine;
pub mod needed;
pub mod nodes;
pub mod push;
pub mod roots;
pub mod sources;
pub mod times;

use std::time::Duration;

use crate::fetch::FetchError;

/// Events that a person may want to see before the end.
#[derive(Debug)]
pub enum Event<'a> {
    /// A file could not be fetched; the others are fetched all the same.
    NotFetched(&'a FetchError),
    /// Nix will build these derivations, the seed's included.
    ToBuild(&'a [String]),
    /// Nix begins to build a node. Others may not be built yet.
    Building(&'a str),
    /// A node was built, in this time if that is known.
    Built { node: &'a str, time: Option<Duration> },
    /// A second went by without a word of Nix's.
    Waiting,
    /// Nix's program has ended.
    Ended,
    /// The last lines of a program that failed.
    Words(&'a [String]),
}

/// Takes what happens.
pub type Tell<'a> = &'a mut dyn FnMut(Event<'_>);
