//! A migration in a new folder must reach the program although no Rust file has changed.
#![expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/sqlite");
}
