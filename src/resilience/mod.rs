//! What is done about trouble: whose fault it is, how long to wait, when to ask a provider again, how
//! many may ask at once, and when an agent goes in circles or strays from its task. Values in, values out.

pub mod backoff;
pub mod breaker;
pub mod drift;
pub mod loops;
pub mod memory;
pub mod provider;
pub mod rate;
pub mod slots;
pub mod trouble;
mod words;
