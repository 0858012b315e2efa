//! `inventory status`: every product's stock as a running server sees it, and whether the counters agree.

use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;
use ureq::Agent;

use super::args::Shape;
use super::http;
use crate::exit::Exit;
use crate::output::Output;

const PATH: &str = "/api/inventory";

/// Prints the table; finds something when the counters of a product do not add up to its stock.
pub(super) fn run(shape: Shape, url: &str, output: &mut Output<'_>) -> io::Result<Exit> {
    let url = format!("{}{PATH}", http::normalised(url));
    let items = match all(&url) {
        Ok(items) => items,
        Err(reason) => {
            output.note(format_args!(
                "error: no stock from {url}: {reason}; is the server running there? Try `ordersystem healthcheck`"
            ));
            return Ok(Exit::Unavailable);
        }
    };
    let statuses = match items
        .iter()
        .map(|item| serde_json::from_str(item.get()))
        .collect::<Result<Vec<Status>, _>>()
    {
        Ok(statuses) => statuses,
        Err(error) => {
            output.note(format_args!("error: {url} answered what is no stock: {error}"));
            return Ok(Exit::Unavailable);
        }
    };
    match shape {
        Shape::Json => {
            let items: Vec<_> = items.iter().map(|item| item.get()).collect();
            output.data(format_args!("[{}]", items.join(",")))?;
        }
        Shape::Table => output.text(table(&statuses))?,
    }
    let drifted = statuses.iter().any(|status| status.difference().is_some_and(|units| units != 0));
    Ok(if drifted { Exit::Finding } else { Exit::Ok })
}

/// One line of the answer; contract §2 and §7.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    product_id: i64,
    database_stock: i64,
    redis_stock: Option<i64>,
    reserved_stock: i64,
    #[serde(default)]
    unlimited: bool,
}

impl Status {
    /// How many units the counters have too many; none when there is nothing to compare.
    fn difference(&self) -> Option<i64> {
        let stock = self.redis_stock.filter(|_| !self.unlimited)?;
        Some(stock.saturating_add(self.reserved_stock).saturating_sub(self.database_stock))
    }
}

#[derive(Deserialize)]
struct Envelope {
    data: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

fn all(url: &str) -> Result<Vec<Box<RawValue>>, String> {
    let agent = http::agent();
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let page = page(&agent, url, cursor.as_deref())?;
        items.extend(page.items);
        if page.next_cursor.is_none() {
            return Ok(items);
        }
        cursor = page.next_cursor;
    }
}

fn page(agent: &Agent, url: &str, cursor: Option<&str>) -> Result<Page, String> {
    let mut request = agent.get(url);
    if let Some(cursor) = cursor {
        request = request.query("cursor", cursor);
    }
    let mut answer = request.call().map_err(|error| http::reason(&error))?;
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status().as_u16()));
    }
    let body = answer.body_mut().read_to_string().map_err(|error| http::reason(&error))?;
    let envelope: Envelope = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    Ok(envelope.data)
}

fn table(statuses: &[Status]) -> String {
    let shown = |units: Option<i64>| units.map_or("–".to_owned(), |units| units.to_string());
    let mut text =
        line(["PRODUCT", "DATABASE", "REDIS", "RESERVED", "DIFFERENCE"].map(String::from));
    for status in statuses {
        let counted = |units| (!status.unlimited).then_some(units);
        text.push_str(&line([
            status.product_id.to_string(),
            shown(counted(status.database_stock)),
            shown(status.redis_stock),
            shown(counted(status.reserved_stock)),
            shown(status.difference()),
        ]));
    }
    text
}

fn line(cells: [String; 5]) -> String {
    let [product, database, redis, reserved, difference] = cells;
    format!("{product:>8} {database:>10} {redis:>10} {reserved:>10} {difference:>11}\n")
}
