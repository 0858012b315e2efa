//! The built binary as its users meet it: started as a process, called over HTTP, stopped, killed, started again.

mod durability;
mod life;
mod races;
mod readme;
mod start;
mod support;
