//! The simulator: the real engine and journal in a world drawn from a seed, in which everything that
//! can go wrong does. After every step the invariants are held against what happened.
//!
//! `npm run sim -- --runs 100000 [--seed N] [--threads N] [--all]`. A run is the same for the same seed.
//! It ends at the first violation; with `--all` it goes on and shows the first of each kind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken invariant ends the run")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program of its own")]
#![allow(clippy::disallowed_methods, reason = "it measures its speed and uses every core")]

mod agents;
mod answers;
mod checks;
#[path = "../world/mod.rs"]
mod common;
mod coverage;
mod git;
mod person;
mod process;
mod rebuild;
mod rng;
mod run;
mod sessions;
mod setup;
mod talk;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use coverage::Coverage;

/// From so many runs on, a class that no run met is a failure.
const RUNS_FOR_COVERAGE: u64 = 10_000;

/// What was asked for.
struct Arguments {
    runs: u64,
    seed: u64,
    threads: u64,
    is_all: bool,
}

/// Runs that broke an invariant in the same place.
struct Violation {
    /// The smallest seed.
    seed: u64,
    message: String,
    runs: u64,
}

/// By place in the code.
type Violations = BTreeMap<String, Violation>;

thread_local! {
    /// Where the latest violation was found, and what it is.
    static PANIC: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

fn main() -> ExitCode {
    let arguments = match read_arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}. It takes --runs N, --seed N, --threads N and --all.");
            return ExitCode::FAILURE;
        }
    };
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        let message = format!("{text} (at step {}, {place})", world::STEP.get());
        PANIC.set((place, message));
    }));
    let begun = Instant::now();
    let (done, coverage, violations) = play(&arguments);
    let seconds = begun.elapsed().as_secs_f64();
    if arguments.runs > 1 {
        println!("{}", coverage.table());
    }
    println!("{done} runs in {seconds:.1} s, {:.0} runs/s", done as f64 / seconds);
    for Violation { seed, message, runs } in violations.values() {
        println!(
            "\nVIOLATION ({runs} runs) in seed {seed}: {message}\nnpm run sim -- --seed {seed} --runs 1"
        );
    }
    let failed: u64 = violations.values().map(|violation| violation.runs).sum();
    if failed > 0 {
        println!("sim result: {} passed; {failed} failed", done.saturating_sub(failed));
        return ExitCode::FAILURE;
    }
    let missing = coverage.missing();
    if arguments.runs >= RUNS_FOR_COVERAGE && !missing.is_empty() {
        println!("\nNOT MET by any run: {}", missing.join(", "));
        println!("sim result: {done} passed; 1 failed");
        return ExitCode::FAILURE;
    }
    println!("sim result: {done} passed; 0 failed");
    ExitCode::SUCCESS
}

/// Plays the runs on all threads, up to the first violation unless all are wanted.
fn play(arguments: &Arguments) -> (u64, Coverage, Violations) {
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let found = Mutex::new(Violations::new());
    let all = Mutex::new(Coverage::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                let mut own = Coverage::new();
                world::IS_TRACED.set(arguments.runs == 1);
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= arguments.runs {
                        break;
                    }
                    let seed = arguments.seed + index;
                    match catch_unwind(|| run::simulate(seed)) {
                        Ok(coverage) => own.count_run(&coverage),
                        Err(_) => note(&mut found.lock().unwrap(), seed),
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                    if !arguments.is_all && !found.lock().unwrap().is_empty() {
                        next.store(arguments.runs, Ordering::Relaxed);
                    }
                }
                all.lock().unwrap().add(&own);
            });
        }
    });
    (done.into_inner(), all.into_inner().unwrap(), found.into_inner().unwrap())
}

/// Adds the violation that this thread just met.
fn note(found: &mut Violations, seed: u64) {
    let (place, message) = PANIC.take();
    match found.get_mut(&place) {
        Some(known) => {
            known.runs += 1;
            if seed < known.seed {
                (known.seed, known.message) = (seed, message);
            }
        }
        None => {
            found.insert(place, Violation { seed, message, runs: 1 });
        }
    }
}

fn read_arguments() -> Result<Arguments, String> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let mut arguments = Arguments { runs: 10_000, seed: 0, threads: cores, is_all: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--runs" => &mut arguments.runs,
            "--seed" => &mut arguments.seed,
            "--threads" => &mut arguments.threads,
            "--all" => {
                arguments.is_all = true;
                continue;
            }
            other => return Err(format!("there is no argument {other}")),
        };
        let number = words.next().and_then(|number| number.replace('_', "").parse().ok());
        *place = number.ok_or_else(|| format!("{word} needs a number"))?;
    }
    Ok(arguments)
}
