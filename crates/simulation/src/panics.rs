use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

static LISTENING: Once = Once::new();

/// Notes panics instead of printing them: a supervisor or a join handle may swallow them, the checks must not.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            PANICS.with_borrow_mut(|panics| panics.push(panic.to_string()));
            before(panic);
        }));
    });
}

/// Those of this thread since the last call.
pub(crate) fn take() -> Vec<String> {
    PANICS.take()
}
