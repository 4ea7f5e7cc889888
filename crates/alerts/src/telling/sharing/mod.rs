//! Several servers, of which one tells. Pure: what is read of the others is passed in, and what is to be written comes out.
//!
//! - `incident.rs`: which alerts are the same thing, found by several servers. What is of one host is that host's own.
//! - `board.rs`: what one server says of itself, for as long as it lives. One whose board is gone is dead.
//! - `ledger.rs`: what all of them agree on: for each incident who tells and what was told (`record.rs`), and what people
//!   have said (`notes.rs`).
//! - `round.rs`: a server reads all boards and the ledger, and writes both; nobody else may have written the ledger in
//!   between. Who finds an incident first claims it. Only its owner tells of it. A living owner alone gives it away, to one
//!   that still finds it when the owner does not; the claim of a dead one is taken, and what it told counts as told.
//! - `hearing.rs`: what people say, to and fro.
//! - `duty.rs`: what that means for the desk. What is somebody else's is held, as if it were silenced, and so is its
//!   end. A server that reaches nobody for [`PATIENCE`] tells everything itself: twice is better than never.

mod board;
mod duty;
mod hearing;
mod incident;
mod ledger;
mod notes;
mod record;
mod round;

#[cfg(test)]
mod chaos_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod pair_tests;

pub use board::{Board, Past, Standing};
pub(super) use duty::Colleagues;
pub use duty::PATIENCE;
pub use incident::{Place, spans_hosts};
pub use ledger::{Ledger, LedgerError};
pub(super) use notes::Remark;
pub use round::{Offer, Seen};
