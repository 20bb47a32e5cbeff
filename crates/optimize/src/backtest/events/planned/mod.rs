//! Signals under plans: several side by side, from event to event instead of from order to order.
//!
//! Plans on the same bars differ in what happens when, not in what a bar costs: a comparison with a level
//! below and one above, a mark at the close. So each plan is a lane of a register, eight of them go
//! through the bars together, and a bar of a plan takes an eighth of some 25 vector operations and of a
//! division. The next signal is found by counting trailing zeros in a mask of 64 bars; where no lane
//! holds anything the bars up to it are passed over. Where something happens in any lane it is
//! computed for all of them and kept for those it happens to, so that there is one branch to predict
//! for eight plans; plans with neighbouring levels are put side by side, since theirs happen together.
//!
//! **What it needs**, a bar and eight plans: 3 loads of 8 bytes, 8 additions, 7 products, 1 division, 5
//! comparisons and extremes, on registers of eight; with trailing stops 2 loads, 2 products and 2 extremes
//! more. A fill adds some 50 operations on vectors that stay in the L1 cache, for all plans that it
//! happens to on that bar.
//!
//! **What comes this way.** Plans of one lot at a time, on either side or both, with every size, stop
//! and entry, costs of every kind, both executions. **What does not:** several lots at once, rates of
//! interest and borrowing (the cash moves on every bar), corporate actions, a reversal by a waiting
//! order, and an account that is lost on the way; the general engine takes these. Fills go through
//! the same `Terms` in both, so that prices, sizes, fees and trades have the same bits.

mod books;
mod fills;
mod lots;
mod prepared;
mod ranges;
mod record;
mod walk;

pub use prepared::PreparedEvents;
