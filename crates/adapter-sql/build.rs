//! A migration in a new folder must reach the program although no Rust file has changed.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
