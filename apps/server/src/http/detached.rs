//! A command runs to its end once it has begun: a client that resets its connection makes the server drop the handler,
//! and with it everything that follows the commit.

use std::pin::Pin;

use actix_web::{Handler, HttpResponse, rt};

use super::error::{ApiError, EdgeError};

type Answer = Result<HttpResponse, ApiError>;

/// A handler in a task of its own.
#[derive(Clone)]
pub(super) struct Detached<F>(pub(super) F);

impl<F, Args> Handler<Args> for Detached<F>
where
    F: Handler<Args, Output = Answer>,
    F::Future: 'static,
{
    type Output = Answer;
    type Future = Pin<Box<dyn Future<Output = Answer>>>;

    fn call(&self, args: Args) -> Self::Future {
        let task = rt::spawn(self.0.call(args));
        Box::pin(async { task.await.unwrap_or_else(|_panic| Err(EdgeError::Internal.into())) })
    }
}
