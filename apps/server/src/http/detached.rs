//! A command runs to its end once it has begun: a client that resets its connection makes the server drop the handler,
//! and with it everything that follows the commit. Who waits too long is answered, and it runs to its end all the same.

use std::pin::Pin;

use actix_web::web::Data;
use actix_web::{Handler, HttpResponse, rt};
use ordersystem_application::{Failure, OrderStepError};
use ordersystem_test_seams::FailPoint;
use tokio::time::timeout;

use super::Api;
use super::error::{ApiError, EdgeError};

type Answer = Result<HttpResponse, ApiError>;

/// A handler in a task of its own.
#[derive(Clone)]
pub(super) struct Detached<F>(pub(super) F);

impl<F, Args> Handler<(Data<Api>, Args)> for Detached<F>
where
    F: Handler<Args, Output = Answer>,
    F::Future: 'static,
{
    type Output = Answer;
    type Future = Pin<Box<dyn Future<Output = Answer>>>;

    fn call(&self, (api, args): (Data<Api>, Args)) -> Self::Future {
        let answer = timeout(api.command_timeout, rt::spawn(self.0.call(args)));
        Box::pin(async {
            let answer = answer.await;
            FailPoint::Answering.reached();
            match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_panic)) => Err(EdgeError::Internal.into()),
                Err(_elapsed) => Err(OrderStepError::from(Failure::OutcomeUnknown).into()),
            }
        })
    }
}
