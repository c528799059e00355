use proptest::prelude::*;

use super::*;

const NOW_MS: u64 = 1_000_000;

fn trouble(class: TroubleClass, retry_ms: Option<u64>) -> Diagnosis {
    Diagnosis { class, retry_ms }
}

fn busy() -> Diagnosis {
    trouble(TroubleClass::Overloaded, None)
}

fn open() -> (Breaker, u64) {
    let mut breaker = Breaker::default();
    for _ in 1..FAILURES_MAX {
        assert_eq!(breaker.failed(NOW_MS, busy(), false, 1), Change::None);
        assert_eq!(breaker.gate(NOW_MS, false), Gate::Free);
    }
    let Change::Opened { until_ms, is_again: false } = breaker.failed(NOW_MS, busy(), false, 1) else {
        panic!("not opened: {breaker:?}");
    };
    (breaker, until_ms)
}

#[test]
fn five_failures_open_it_and_a_probe_closes_it() {
    let (mut breaker, until_ms) = open();
    assert!((NOW_MS + 30_000..=NOW_MS + 60_000).contains(&until_ms));
    assert_eq!(breaker.gate(until_ms - 1, false), Gate::Wait { until_ms });
    assert_eq!(breaker.gate(until_ms, false), Gate::Probe);
    assert_eq!(breaker.gate(until_ms, true), Gate::Probing);
    assert_eq!(breaker.succeeded(), Change::Closed);
    assert_eq!(breaker.succeeded(), Change::None);
    assert_eq!(breaker.gate(until_ms, false), Gate::Free);
}

#[test]
fn a_success_in_between_starts_the_count_again() {
    let mut breaker = Breaker::default();
    for _ in 0..3 {
        for _ in 1..FAILURES_MAX {
            assert_eq!(breaker.failed(NOW_MS, busy(), false, 1), Change::None);
        }
        assert_eq!(breaker.succeeded(), Change::None);
    }
}

#[test]
fn failed_probes_wait_longer_and_park_in_the_end() {
    let (mut breaker, mut now_ms) = open();
    let mut waits = Vec::new();
    for _ in 1..PROBES_MAX {
        let Change::Opened { until_ms, is_again: true } = breaker.failed(now_ms, busy(), true, 1) else {
            panic!("{breaker:?}");
        };
        waits.push(until_ms - now_ms);
        now_ms = until_ms;
    }
    assert!(waits[0] >= 60_000 && waits[1] >= 120_000 && waits[2] >= 240_000, "{waits:?}");
    let Change::Parked { until_ms: Some(until_ms) } = breaker.failed(now_ms, busy(), true, 1) else {
        panic!("{breaker:?}");
    };
    assert_eq!(breaker.gate(until_ms + 1, false), Gate::Parked { until_ms: Some(until_ms) });
    assert!(breaker.look_again(now_ms));
    assert_eq!(breaker.gate(now_ms, false), Gate::Probe);
}

#[test]
fn those_under_way_when_it_opened_change_nothing() {
    let (mut breaker, until_ms) = open();
    assert_eq!(breaker.failed(NOW_MS + 5, busy(), false, 2), Change::None);
    assert_eq!(breaker.gate(NOW_MS + 5, false), Gate::Wait { until_ms });
    let later = trouble(TroubleClass::RateLimited, Some(200_000));
    assert_eq!(breaker.failed(NOW_MS + 5, later, false, 2), Change::None);
    assert_eq!(breaker.gate(NOW_MS + 5, false), Gate::Wait { until_ms: NOW_MS + 200_005 });
}

#[test]
fn a_time_that_is_asked_for_is_waited_out_up_to_the_limit() {
    let mut breaker = Breaker::default();
    let limited = |ms| trouble(TroubleClass::RateLimited, Some(ms));
    let held = Change::Held { until_ms: NOW_MS + 40_000 };
    assert_eq!(breaker.failed(NOW_MS, limited(40_000), false, 1), held);
    assert_eq!(breaker.failed(NOW_MS, limited(30_000), false, 1), Change::None, "a shorter one");
    assert_eq!(Breaker::default().failed(NOW_MS, limited(6), false, 1), Change::None, "next to nothing");
    assert_eq!(breaker.gate(NOW_MS, false), Gate::Wait { until_ms: NOW_MS + 40_000 });
    assert_eq!(breaker.gate(NOW_MS + 40_000, false), Gate::Free);
    let parked = Change::Parked { until_ms: Some(NOW_MS + WAIT_MS_MAX + 1) };
    assert_eq!(breaker.failed(NOW_MS, limited(WAIT_MS_MAX + 1), false, 1), parked);
}

#[test]
fn a_used_up_quota_parks_at_once() {
    let mut breaker = Breaker::default();
    let quota = trouble(TroubleClass::Quota, None);
    assert_eq!(breaker.failed(NOW_MS, quota, false, 1), Change::Parked { until_ms: None });
    assert_eq!(breaker.failed(NOW_MS, quota, false, 1), Change::None, "told once");
    assert_eq!(breaker.gate(u64::MAX, false), Gate::Parked { until_ms: None });
}

#[test]
fn a_clock_that_was_turned_back_holds_nobody() {
    let (breaker, until_ms) = open();
    assert_eq!(breaker.gate(until_ms - WAIT_MS_MAX - 1, false), Gate::Probe);
}

proptest! {
    #[test]
    fn nobody_waits_for_ever_and_open_means_one_at_a_time(
        steps in prop::collection::vec((0u8..4, 0u64..400_000, any::<u64>()), 0..60),
    ) {
        let (mut breaker, mut now_ms) = (Breaker::default(), NOW_MS);
        for (what, pass_ms, seed) in steps {
            now_ms += pass_ms;
            let is_open = matches!(breaker, Breaker::Open { .. });
            match what {
                0 => { breaker.succeeded(); }
                1 => { breaker.failed(now_ms, busy(), is_open, seed); }
                2 => { breaker.failed(now_ms, trouble(TroubleClass::RateLimited, Some(pass_ms)), false, seed); }
                _ => { breaker.look_again(now_ms); }
            }
            match breaker.gate(now_ms, false) {
                Gate::Wait { until_ms } => {
                    prop_assert!(until_ms > now_ms && until_ms - now_ms <= WAIT_MS_MAX);
                    let still_waits = matches!(breaker.gate(until_ms, false), Gate::Wait { .. });
                    prop_assert!(!still_waits);
                }
                Gate::Free => {
                    let is_closed = matches!(breaker, Breaker::Closed { .. });
                    prop_assert!(is_closed);
                }
                Gate::Probe => prop_assert_eq!(breaker.gate(now_ms, true), Gate::Probing),
                Gate::Probing => prop_assert!(false, "nobody probes"),
                Gate::Parked { .. } => {
                    let is_parked = matches!(breaker, Breaker::Parked { .. });
                    prop_assert!(is_parked);
                }
            }
        }
    }
}
