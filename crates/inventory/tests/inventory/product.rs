use ordersystem_inventory::{Product, ProductChange, ProductDraft, ProductError, Stocking};
use ordersystem_shared_kernel::{Aggregate, Currency, Event, Money, Version};

use crate::fixture::{TEA, stamp};

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

fn create(name: &str) -> Result<Product, ProductError> {
    let draft =
        ProductDraft { name: name.to_owned(), price: won(10_000), stocking: Stocking::Managed };
    let (product, event) = Product::create(TEA, draft, stamp(1))?;
    assert_eq!((event.id(), event.occurred_at()), (stamp(1).event, stamp(1).at));
    assert_eq!((product.id(), product.version()), (TEA, Version::FIRST));
    Ok(product)
}

#[test]
fn a_name_has_1_to_200_printable_characters() {
    for good in ["T", "Sample Product C (무제한)", &"무".repeat(200)] {
        assert_eq!(create(good).unwrap().name(), good);
    }
    for wrong in ["", "   ", "\u{3000}", "a\nb", "a\0", &"무".repeat(201)] {
        assert_eq!(create(wrong), Err(ProductError::InvalidName), "{wrong:?}");
    }
}

#[track_caller]
fn check_change(
    name: Option<&str>,
    price: Option<i64>,
    expected: Result<(&str, i64), ProductError>,
) {
    let mut product = create("Tea").unwrap();
    let before = product.clone();
    let change = ProductChange { name: name.map(str::to_owned), price: price.map(won) };
    let changed = product.change(change, stamp(2));
    assert_eq!(changed.map(|_| (product.name(), product.price().amount())), expected);
    match expected {
        Ok(_) => assert_eq!(product.version(), before.version().next()),
        Err(_) => assert_eq!(product, before, "a refused change changes nothing"),
    }
}

#[test]
fn only_what_is_named_changes() {
    check_change(None, None, Ok(("Tea", 10_000)));
    check_change(Some("Green tea"), None, Ok(("Green tea", 10_000)));
    check_change(None, Some(0), Ok(("Tea", 0)));
    check_change(Some("Green tea"), Some(1), Ok(("Green tea", 1)));
    check_change(Some(""), Some(1), Err(ProductError::InvalidName));
}
