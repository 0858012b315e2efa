"""What schemathesis cannot know about this API, and checks of our own. Loaded by deploy/fuzz-api.sh."""

import itertools
import json

import schemathesis
from schemathesis.core import NotSet

# A request that keeps the schema may be refused for what the shop is like at that moment. Such a refusal names itself in
# X-Error-Code; any other refusal of a request that keeps the schema is a failure.
REFUSED_FOR_THE_STATE = {
    "IDEMPOTENCY_KEY_REUSED",
    "INSUFFICIENT_STOCK",
    "INVALID_DELIVERY_TRANSITION",
    "INVALID_STATUS_TRANSITION",
    "ORDER_NOT_PAID",
    "PAYMENT_AMOUNT_MISMATCH",
    "PAYMENT_NOT_REQUESTED",
    "PAYMENT_TRANSACTION_UNKNOWN",
    "PRECONDITION_FAILED",
    "REFUND_ABOVE_CAPTURED",
    "STOCK_BELOW_HELD",
    "STOCK_NOT_MANAGED",
    "STOCK_OVERFLOW",
    "TOO_MANY_UNPAID_ORDERS",
    # The prices of the products: a sum beyond 63 bits, or two currencies.
    "INVALID_TOTAL",
    # The schema knows what a cursor looks like, the server which ones it gave.
    "INVALID_CURSOR",
}

KEY = "Idempotency-Key"
KEY_OF_THE_EXAMPLES = "0b6a4f4e-6f1a-4b7e-9d0a-5f1c2e3d4c5b"
numbers = itertools.count(1)


def error_code(response):
    return (response.headers.get("x-error-code") or [None])[0]


def adds_up_too_much(case):
    """No schema can say that equal products are added up before the quantity is judged."""
    items = case.body.get("items") if isinstance(case.body, dict) else None
    products = [item["productId"] for item in items or []]
    return len(set(products)) < len(products)


def contradicts_itself(case):
    """Nor that two parts of a request must say the same."""
    outcome = case.body.get("success") if isinstance(case.body, dict) else None
    return outcome is not None and str(outcome).lower() != str((case.query or {}).get("success")).lower()


def is_valid_after_all(case):
    """A wrong body that was left out again, because it may be."""
    return isinstance(case.body, NotSet) and case.meta.phase.data.description == "Positive test case"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "AcceptedNegativeData":
        return not is_valid_after_all(case)
    if kind != "RejectedPositiveData":
        return True
    code = error_code(response)
    if code == "INVALID_BODY":
        return not contradicts_itself(case)
    if code == "INVALID_QUANTITY":
        return not adds_up_too_much(case)
    return code not in REFUSED_FOR_THE_STATE


def spelt_out(value):
    """The API takes integers as integers: 2.0 is one for JSON Schema, but beyond 2^53 no such spelling is exact."""
    if isinstance(value, dict):
        return {name: spelt_out(member) for name, member in value.items()}
    if isinstance(value, list):
        return [spelt_out(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(context, case, kwargs):
    case.body = spelt_out(case.body)
    # Requests made from the example would all be repeats of the first: most of them get a key of their own.
    headers = case.headers or {}
    if headers.get(KEY) == KEY_OF_THE_EXAMPLES:
        number = next(numbers)
        if number % 8:
            headers[KEY] = f"{KEY_OF_THE_EXAMPLES}-{number}"


def documented_codes(case, status):
    responses = case.operation.definition.raw["responses"]
    content = responses.get(str(status), {}).get("content", {})
    return set(content.get("application/json", {}).get("examples", {}))


@schemathesis.check
def error_code_conformance(ctx, response, case):
    """A refusal names a code, and one that the document lists for this call and status."""
    if response.status_code < 400 or case.operation.path.startswith("/actuator"):
        return
    code = error_code(response)
    # 404 of an unknown path and 405 of another method are answers of no documented call.
    if case.meta is not None and code not in {"PATH_NOT_FOUND", "METHOD_NOT_ALLOWED"}:
        documented = documented_codes(case, response.status_code)
        assert code in documented, f"{code} is not documented among {sorted(documented)}"


@schemathesis.check
def nothing_inside_leaks(ctx, response, case):
    """No answer shows SQL, a path of the machine or a panic."""
    if response.status_code >= 400:
        body = response.content.decode("utf-8", "replace")
        for trace in ("SELECT ", "INSERT ", "diesel", "/src/", ".rs:", "panicked", "RUST_BACKTRACE"):
            assert trace not in body or trace in json.dumps(case.as_curl_command()), f"{trace!r} in {body}"
