use std::path::Path;
use std::process::Command;

use serde_json::Value;
use uuid::Uuid;

use crate::support::{Server, World};

/// A fenced block of a page.
struct Block<'a> {
    language: &'a str,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                blocks.push(Block { language, text: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    blocks
}

/// Every `bash` block with a curl call works against a fresh server, and answers what the `json` block behind it shows.
fn check_tour(page: &str, least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join(page)).unwrap();
    let server = World::embedded().start(&[]);
    let blocks = blocks(&page);
    let mut calls = 0;
    for (index, block) in blocks.iter().enumerate() {
        if block.language != "bash" || !block.text.contains("curl ") {
            continue;
        }
        calls += 1;
        let answer = shell(&block.text, &server);
        if let Some(shown) = blocks.get(index + 1).filter(|next| next.language == "json") {
            let shown: Value = serde_json::from_str(&shown.text).unwrap();
            let got = answer.lines().last().and_then(|line| serde_json::from_str(line).ok());
            let got: Value = got.unwrap_or_else(|| panic!("no JSON in {answer:?}"));
            assert_eq!(shape(&got), shape(&shown), "after\n{}", block.text);
        }
    }
    assert!(calls >= least, "the tour has only {calls} calls");
}

fn shell(text: &str, server: &Server) -> String {
    let script = text.replace("http://localhost:8080", server.url());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(server.folder())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    let (out, err) = (out.unwrap(), err.unwrap());
    assert!(output.status.success(), "{script}\n{out}{err}");
    out
}

/// What must be equal although time and ids move on: digits in texts count as their number of groups only.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(text) if Uuid::parse_str(text).is_ok() => Value::from("uuid"),
        Value::String(text) => {
            let mut shape = String::new();
            for letter in text.chars() {
                let letter = if letter.is_ascii_digit() { '0' } else { letter };
                if letter != '0' || !shape.ends_with('0') {
                    shape.push(letter);
                }
            }
            Value::from(shape)
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn the_tour_of_the_readme_works_as_written() {
    check_tour("README.md", 12);
}

#[test]
fn the_tour_of_the_korean_readme_works_as_written() {
    check_tour("README.ko.md", 5);
}
