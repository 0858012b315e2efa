use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono_tz::Tz;
use ordersystem::background::timers::{Deliveries, Job, Statistics, Step, StepDelay};
use ordersystem_shared_kernel::Timestamp;
use tracing::subscriber::DefaultGuard;

use crate::shop::{Shop, catch_up};

/// The lines of this thread's log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn collect() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt().with_ansi(false).without_time();
        let subscriber = format.with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn of_scheduler(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains("DeliveryStatusScheduler")).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn statistics(shop: &Shop, zone: Tz) -> Statistics {
    Statistics::new(Arc::new(shop.store.clone()), Arc::new(shop.clock.clone()), zone)
}

/// 2025-06-13, so many seconds into the day in Seoul.
fn in_seoul(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_749_740_400_000_000).after(Duration::from_secs(seconds))
}

#[tokio::test]
async fn the_line_of_the_contract_at_the_start_and_once_an_hour() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        shop.prepared(1).await;
    }
    shop.clock.set(in_seoul(100));
    let statistics = statistics(&shop, chrono_tz::Asia::Seoul);
    let (log, _guard) = Log::collect();
    let line = "INFO DeliveryStatusScheduler: 배송 상태 통계 - 준비중: 3건, 배송중: 0건, 완료: 0건";
    for (seconds, lines) in [(100, 1), (3599, 1), (3600, 2), (3601, 2), (7199, 2), (9000, 3)] {
        shop.clock.set(in_seoul(seconds));
        catch_up(&statistics).await;
        assert_eq!(log.of_scheduler(), vec![line; lines], "after {seconds} s");
    }
}

#[tokio::test]
async fn sleeps_to_the_hour_of_its_zone_but_never_long() {
    let shop = Shop::open().await;
    let pause = |zone, seconds| {
        shop.clock.set(in_seoul(seconds));
        statistics(&shop, zone).pause().as_secs()
    };
    assert_eq!(pause(chrono_tz::Asia::Seoul, 3590), 10);
    assert_eq!(pause(chrono_tz::Asia::Seoul, 3600), 60);
    // Half an hour and three and a half hours behind.
    assert_eq!(pause(chrono_tz::Asia::Kolkata, 1799), 1);
}

#[tokio::test]
async fn a_failing_store_is_asked_again() {
    let shop = Shop::open().await;
    let statistics = statistics(&shop, chrono_tz::Asia::Seoul);
    let (log, _guard) = Log::collect();
    shop.store.faults().fail_reads(1);
    assert!(statistics.turn().await.is_err());
    assert_eq!(log.of_scheduler().len(), 0);
    catch_up(&statistics).await;
    assert_eq!(log.of_scheduler().len(), 1);
}

/// `grep "DeliveryStatusScheduler"` and `grep "orderId=1" … | grep 배송` (contract §5).
#[tokio::test]
async fn every_step_of_the_timers_can_be_grepped() {
    let shop = Shop::open().await;
    shop.prepared(1).await;
    let (log, _guard) = Log::collect();
    for step in [Step::Ship, Step::Deliver] {
        let delay = StepDelay { step, delay: Duration::ZERO };
        let due = Arc::new(shop.store.clone());
        catch_up(&Deliveries::new(shop.world.use_cases.clone(), due, delay)).await;
    }
    let expected = [
        "INFO DeliveryStatusScheduler: 배송 시작 처리: orderId=1",
        "INFO DeliveryStatusScheduler: 배송 완료 처리: orderId=1",
    ];
    assert_eq!(log.of_scheduler(), expected);
}
