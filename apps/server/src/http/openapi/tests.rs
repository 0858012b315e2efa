//! Whether the document keeps what OpenAPI, the contract and the routes demand of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document;

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

fn json() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            Some((format!("{} {path}", method.to_uppercase()), item.get(*method)?))
        })
    });
    all.collect()
}

/// Every object of the document with the JSON pointer to it.
fn walk<'a>(value: &'a Value, pointer: &str, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(pointer, value);
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| walk(member, &format!("{pointer}/{name}"), visit)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| walk(item, &format!("{pointer}/{index}"), visit)),
        _ => {}
    }
}

/// What a reference means; the value itself when it is none.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').unwrap();
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value,
    }
}

#[test]
fn it_is_3_1_and_the_same_every_time() {
    assert_eq!(json()["openapi"], "3.1.0");
    assert_eq!(document().to_json().unwrap(), document().to_json().unwrap());
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = json();
    let mut used = BTreeSet::new();
    walk(&document, "", &mut |_, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            resolved(&document, value);
            used.insert(reference.to_owned());
        }
    });
    // Named in prose, because what they describe is the content of a string or of a free map.
    let in_prose = ["HealthComponent", "ActuatorLink"];
    for (kind, members) in document["components"].as_object().unwrap() {
        for name in members.as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            let known = used.contains(&reference) || in_prose.contains(&name.as_str());
            // Codes that every path or none in particular may answer are explained all the same.
            assert!(known || kind == "examples", "{reference} is not used");
        }
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let document = json();
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].clone().to_string())
        .collect();
    let mut ids = BTreeSet::new();
    for (call, operation) in operations(&document) {
        for part in ["summary", "description", "operationId"] {
            let text = operation[part].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{call} has no {part}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{call} repeats an id");
        assert!(tags.contains(&operation["tags"][0].to_string()), "{call} has an unknown tag");
    }
}

#[test]
fn every_parameter_of_a_path_is_declared_and_described() {
    let document = json();
    for (call, operation) in operations(&document) {
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        let mut in_path = BTreeSet::new();
        for parameter in parameters.iter().map(|parameter| resolved(&document, parameter)) {
            assert!(parameter["description"].is_string(), "{call} {parameter}");
            assert!(parameter["required"].is_boolean(), "{call} {parameter}");
            assert!(!parameter["example"].is_null(), "{call} {parameter}");
            conforms(&document, &parameter["schema"], &parameter["example"]).unwrap();
            if parameter["in"] == "path" {
                in_path.insert(format!("{{{}}}", parameter["name"].as_str().unwrap()));
            }
        }
        let braces = call.split('/').filter(|part| part.starts_with('{'));
        assert_eq!(braces.map(str::to_owned).collect::<BTreeSet<_>>(), in_path, "{call}");
    }
}

#[test]
fn every_link_leads_to_an_operation_that_takes_its_parameters() {
    let document = json();
    let all = operations(&document);
    let responses = all.iter().flat_map(|(call, from)| {
        let responses = from["responses"].as_object().unwrap().values();
        responses.map(move |response| (call, response))
    });
    let links = responses.flat_map(|(call, response)| {
        response
            .get("links")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(move |l| (call, l))
    });
    let mut count = 0;
    for (call, (name, link)) in links {
        let target = all.iter().find(|(_, target)| target["operationId"] == link["operationId"]);
        let (_, target) = target.unwrap_or_else(|| panic!("{call} leads to {name}"));
        let taken = target["parameters"].as_array().unwrap().iter();
        let taken: Vec<_> = taken.map(|taken| &resolved(&document, taken)["name"]).collect();
        for parameter in link["parameters"].as_object().unwrap().keys() {
            assert!(taken.iter().any(|name| *name == parameter), "{call}: {name}");
        }
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn every_body_has_examples_that_keep_its_schema() {
    let document = json();
    let mut contents = Vec::new();
    walk(&document["paths"], "", &mut |pointer, value| {
        if let Some(content) = value.get("content").and_then(Value::as_object) {
            contents.extend(content.iter().map(|(kind, body)| (format!("{pointer} {kind}"), body)));
        }
    });
    assert!(contents.len() > 100);
    for (place, body) in contents {
        let examples = body["examples"].as_object().unwrap_or_else(|| panic!("{place}"));
        assert!(!examples.is_empty(), "{place} has no example");
        for (name, example) in examples {
            let example = resolved(&document, example);
            assert!(example["summary"].is_string(), "{place} {name}");
            if let Err(problem) = conforms(&document, &body["schema"], &example["value"]) {
                panic!("{place} {name}: {problem}");
            }
        }
    }
}

#[test]
fn objects_say_which_fields_are_always_there() {
    let document = json();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema["type"] != "object" {
            continue;
        }
        assert!(schema["description"].is_string(), "{name} is not described");
        assert!(schema["additionalProperties"].is_boolean(), "{name} is half open");
        // Everything in a change is optional, and in what a gateway says beside the outcome.
        let free =
            ["ProductChange", "PaymentCallbackOfOutcome", "OpenApi"].contains(&name.as_str());
        assert!(schema.get("required").is_some() || free, "{name} requires nothing");
    }
}

#[test]
fn refusals_come_in_both_shapes_with_their_headers() {
    let document = json();
    for (call, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].is_string(), "{call} {status}");
            let headers = &response["headers"];
            assert!(!headers["X-Request-Id"].is_null(), "{call} {status}");
            if call.contains("/api/") && status.as_str() >= "400" {
                let content = &response["content"];
                assert!(content["application/json"].is_object(), "{call} {status}");
                assert!(content["application/problem+json"].is_object(), "{call} {status}");
                assert!(!headers["X-Error-Code"].is_null(), "{call} {status}");
                let comes_back = matches!(status.as_str(), "408" | "429" | "503");
                assert!(!comes_back || !headers["Retry-After"].is_null(), "{call} {status}");
            }
        }
    }
}

/// Contract §2.
#[test]
fn the_bodies_of_the_contract_stand_there_byte_for_byte() {
    let text = document().to_json().unwrap();
    for body in [
        r#"{"productId":1,"quantity":2}"#,
        r#"{"success":true,"data":{"orderId":1,"productId":1,"quantity":2,"status":"CREATED"}}"#,
        r#"{"success":true,"data":null}"#,
        r#"{"success":true,"data":{"productId":1,"databaseStock":50,"redisStock":48,"reservedStock":2}}"#,
        r#"{"success":true,"data":true}"#,
        r#"{"success":true,"data":false}"#,
        r#"{"status":"UP"}"#,
        r#"{"status":"DOWN"}"#,
        r#"{"success":false,"error":"재고 부족: productId=1"}"#,
        r#"{"success":false,"error":"상품 미발견: 99"}"#,
        r#"{"success":false,"error":"주문 미발견: 7"}"#,
        r#"{"success":false,"error":"배송 정보 없음: orderId=7"}"#,
        r#"{"success":false,"error":"상태 전환 불가: SHIPPED → CANCELLED"}"#,
        r#"{"success":false,"error":"요청 수량은 최소 1 이상이어야 합니다. requested=0"}"#,
    ] {
        assert!(text.contains(&format!(r#""value":{body}"#)), "{body}");
    }
}

/// As much of JSON Schema as the document uses.
fn conforms(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(document, schema);
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting = choices.iter().filter(|one| conforms(document, one, value).is_ok()).count();
        return expect(fitting == 1, || format!("{value} fits {fitting} of {schema}"));
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    expect(types.contains(&Value::from(kind)), || format!("{value} is no {types:?}"))?;
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        expect(words.contains(value), || format!("{value} is none of {words:?}"))?;
    }
    if let (Some(minimum), Some(number)) = (schema["minimum"].as_i64(), value.as_i64()) {
        expect(number >= minimum, || format!("{number} is below {minimum}"))?;
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(document, &schema["items"], item)?;
    }
    match value.as_object() {
        Some(members) => object_conforms(document, schema, members),
        None => Ok(()),
    }
}

fn object_conforms(
    document: &Value,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
) -> Result<(), String> {
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        expect(members.contains_key(name), || format!("{name} is missing"))?;
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(property) => {
                conforms(document, property, member).map_err(|e| format!("{name}: {e}"))?;
            }
            None => expect(schema["additionalProperties"] == true, || format!("{name}?"))?,
        }
    }
    Ok(())
}

fn expect(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// Pages and files: nothing that a program would call.
const FOR_PEOPLE: [&str; 9] = [
    "GET /",
    "GET /errors",
    "GET /errors/{code}",
    "GET /favicon.ico",
    "GET /favicon.svg",
    "GET /pages.css",
    "GET /swagger-ui",
    "GET /swagger-ui.html",
    "GET /swagger-ui/{file:.*}",
];

#[test]
fn s19_every_route_is_documented_and_nothing_else() {
    let document = json();
    let documented: BTreeSet<_> = operations(&document).into_iter().map(|(call, _)| call).collect();
    let routes: BTreeSet<_> =
        routes().into_iter().filter(|r| !FOR_PEOPLE.contains(&&**r)).collect();
    assert_eq!(documented, routes);
}

/// What the table of routes says, read as a person would.
fn routes() -> Vec<String> {
    let table = include_str!("../routes.rs");
    let table = table.split("pub(super) async fn nothing_here").next().unwrap();
    let mut routes = Vec::new();
    for entry in table.split("At::path(\"").skip(1) {
        let (path, methods) = entry.split_once("\")").unwrap();
        let methods = methods.split(".service(").next().unwrap();
        let taken = METHODS.iter().filter(|method| methods.contains(&format!(".{method}(")));
        routes.extend(taken.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert!(routes.len() > 30, "{routes:?}");
    routes
}
