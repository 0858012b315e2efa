//! The order system as one binary.

fn main() {}
