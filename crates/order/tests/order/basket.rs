use ordersystem_order::{BasketError, OrderLines};
use ordersystem_shared_kernel::{InvalidQuantity, Money, MoneyError};

use crate::fixture::{basket, offer, won};

#[track_caller]
fn check(items: &[(i64, i64)], expected: Result<&[(i64, i64)], BasketError>) {
    let merged = basket(items).map(|basket| {
        let item = |(product, quantity): &(_, _)| pair(*product, *quantity);
        basket.items().iter().map(item).collect::<Vec<_>>()
    });
    assert_eq!(merged.as_deref(), expected.as_ref().map(|items| *items));
}

fn pair(
    product: ordersystem_shared_kernel::ProductId,
    quantity: ordersystem_shared_kernel::Quantity,
) -> (i64, i64) {
    (product.get(), quantity.get())
}

#[test]
fn equal_products_are_added_up_in_the_order_of_their_first_mention() {
    check(&[(1, 2)], Ok(&[(1, 2)]));
    check(&[(2, 1), (1, 1), (2, 4)], Ok(&[(2, 5), (1, 1)]));
    check(&[(1, 9_999), (1, 1)], Ok(&[(1, 10_000)]));
}

#[test]
fn a_sum_is_a_quantity_too() {
    let too_large = InvalidQuantity::TooLarge { requested: 10_001 };
    check(&[(1, 10_000), (1, 1)], Err(too_large.into()));
}

#[test]
fn one_to_a_hundred_lines() {
    let distinct = |count| (1..=count).map(|product| (product, 1)).collect::<Vec<_>>();
    let too_many = |requested| Err(BasketError::TooManyLines { requested });
    check(&[], Err(BasketError::Empty));
    check(&distinct(100), Ok(&distinct(100)));
    check(&distinct(101), too_many(101));
    check(&distinct(500), too_many(500));
    // Lines count as the customer wrote them, before equal products are added up.
    check(&[(1, 1); 100], Ok(&[(1, 100)]));
    check(&[(1, 1); 101], too_many(101));
}

#[track_caller]
fn check_total(items: &[(i64, i64)], prices: &[Money], expected: Result<Money, MoneyError>) {
    let offers = prices.iter().copied().map(offer).collect();
    let lines = basket(items).unwrap().priced(offers);
    let expected = expected.map_err(BasketError::from);
    assert_eq!(lines.as_ref().map(OrderLines::total), expected.as_ref().copied());
}

#[test]
fn the_total_is_exact_or_refused() {
    let dollars = Money::new(1, "USD".parse().unwrap()).unwrap();
    check_total(&[(1, 2)], &[won(10_000)], Ok(won(20_000)));
    check_total(&[(1, 2), (2, 3)], &[won(10_000), won(1)], Ok(won(20_003)));
    check_total(&[(1, 1)], &[won(0)], Ok(won(0)));
    check_total(&[(1, 1)], &[won(i64::MAX)], Ok(won(i64::MAX)));
    check_total(&[(1, 2)], &[won(i64::MAX)], Err(MoneyError::Overflow));
    check_total(&[(1, 1), (2, 1)], &[won(i64::MAX), won(1)], Err(MoneyError::Overflow));
    check_total(&[(1, 1), (2, 1)], &[won(1), dollars], Err(MoneyError::MixedCurrencies));
    check_total(&[(1, 3)], &[dollars], dollars.times(3.try_into().unwrap()));
}

#[test]
fn name_and_price_are_frozen_into_the_line() {
    let lines = basket(&[(1, 2)]).unwrap().priced(vec![offer(won(10_000))]).unwrap();
    let line = &lines.as_slice()[0];
    assert_eq!((line.name.as_str(), line.amount()), ("Sample Product A", Ok(won(20_000))));
}

#[test]
fn a_catalogue_that_forgets_a_line_does_not_make_it_free() {
    let basket = basket(&[(1, 1), (2, 1)]).unwrap();
    assert_eq!(basket.priced(vec![offer(won(1))]), Err(BasketError::Unpriced));
}
