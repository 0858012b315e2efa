use serde_json::{Value, json};
use uuid::Uuid;

use super::{PATIENCE, wait_until};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Calls one server; cheap to clone into threads.
#[derive(Clone)]
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The body; null when it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The value of a header; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Client {
    /// Of the server at this address.
    pub(crate) fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(256)
            .max_idle_connections_per_host(256)
            .timeout_global(Some(PATIENCE))
            .build();
        Self { url: url.to_owned(), agent: agent.into() }
    }

    /// Sends what is given and nothing else of meaning.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = self.agent.run(request.body(body)?)?;
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = response.body_mut().read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), headers, body })
    }

    /// Status and JSON body of a call with a JSON body, or without one when it is null.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.try_call(method, path, body).unwrap()
    }

    /// As [`Self::call`], for servers that may die meanwhile.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), ureq::Error> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send(method, path, &[JSON], &text)?;
        Ok((answer.status, answer.json()))
    }

    /// The `data` of what can be read there.
    pub(crate) fn data(&self, path: &str) -> Value {
        let (status, mut answer) = self.call("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer["data"].take()
    }

    /// Puts a product with a counted stock on sale.
    pub(crate) fn new_product(&self, stock: i64) -> i64 {
        let product = json!({"name": "Flash Sale", "price": 1000, "stock": stock});
        let (status, answer) = self.call("POST", "/api/products", &product);
        assert_eq!(status, 201, "{answer}");
        answer["data"]["productId"].as_i64().unwrap()
    }

    /// Places an order; the answer's status and the order's id.
    pub(crate) fn order(
        &self,
        product: i64,
        quantity: i64,
    ) -> Result<(u16, Option<i64>), ureq::Error> {
        let body = json!({"productId": product, "quantity": quantity});
        let (status, answer) = self.try_call("POST", "/api/orders", &body)?;
        Ok((status, answer["data"]["orderId"].as_i64()))
    }

    /// As a customer whose order matters to them: told to come back later they do, with the same key.
    pub(crate) fn insist_on(&self, product: i64, quantity: i64) -> (u16, Option<i64>) {
        let key = format!("\"{}\"", Uuid::new_v4());
        let body = json!({"productId": product, "quantity": quantity}).to_string();
        let headers = [JSON, ("Idempotency-Key", &key)];
        let answer = self.patiently("POST", "/api/orders", &headers, &body);
        (answer.status, answer.json()["data"]["orderId"].as_i64())
    }

    /// An order that must be accepted.
    pub(crate) fn placed(&self, product: i64, quantity: i64) -> i64 {
        let (status, order) = self.insist_on(product, quantity);
        assert_eq!(status, 201);
        order.unwrap()
    }

    /// Asks for the payment of an order.
    pub(crate) fn request_payment(&self, order: i64) -> u16 {
        self.command("POST", &format!("/api/orders/{order}/payment")).0
    }

    /// Says how a payment went, as the gateway would.
    pub(crate) fn settle(&self, order: i64, success: bool) -> u16 {
        let path = format!("/api/orders/{order}/payment/complete?success={success}");
        self.command("POST", &path).0
    }

    /// A command without a body whose repetition changes nothing.
    pub(crate) fn command(&self, method: &str, path: &str) -> (u16, Value) {
        let answer = self.patiently(method, path, &[], "");
        (answer.status, answer.json())
    }

    /// A machine that is busy may answer 503: comes back as it says.
    fn patiently(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut last = None;
        wait_until(&format!("{method} {path} is not answered 503"), || {
            let answer = self.send(method, path, headers, body).unwrap();
            // A request that was given up is still at work, and its key with it.
            let at_work = answer.status == 409 && !answer.header("retry-after").is_empty();
            let busy = answer.status == 503 || at_work;
            last = Some(answer);
            !busy
        });
        last.unwrap()
    }

    /// An order that is paid.
    pub(crate) fn paid(&self, product: i64, quantity: i64) -> i64 {
        let order = self.placed(product, quantity);
        assert_eq!(self.request_payment(order), 202);
        assert_eq!(self.settle(order, true), 200);
        order
    }

    /// Cancels an order.
    pub(crate) fn cancel(&self, order: i64) -> (u16, Value) {
        self.command("DELETE", &format!("/api/orders/{order}"))
    }

    /// Where an order stands.
    pub(crate) fn status(&self, order: i64) -> String {
        let (_, answer) = self.call("GET", &format!("/api/orders/{order}"), &Value::Null);
        answer["data"]["status"].as_str().unwrap_or_default().to_owned()
    }

    /// The states that an order has reached, in order.
    pub(crate) fn history(&self, order: i64) -> Vec<String> {
        let history = self.data(&format!("/api/orders/{order}/history"));
        let steps = history["items"].as_array().unwrap();
        steps.iter().map(|step| step["to"].as_str().unwrap().to_owned()).collect()
    }

    /// Database, what can be sold, and held, of a product.
    pub(crate) fn stock(&self, product: i64) -> (i64, i64, i64) {
        let data = self.data(&format!("/api/inventory/{product}/status"));
        let number = |name: &str| data[name].as_i64().unwrap_or(i64::MIN);
        (number("databaseStock"), number("redisStock"), number("reservedStock"))
    }
}
