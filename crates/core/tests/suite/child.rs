//! Scenarios that would spoil the process they run in: each runs in a child process, which is this test binary again,
//! told to run only that test. The test harness itself, full of threads, is never forked.

use std::process::{Command, Stdio};

/// Set in the child to the name of the test it runs.
const VARIABLE: &str = "PAGEFOLD_TEST_CHILD";
/// A child that hangs is killed after so many seconds.
const SECONDS_MAX: u32 = 300;

/// Runs `scenario` in a child process and fails with the child's output unless it came to its end. `test` is the name
/// of the calling test, `module_path!()` and all. Gives the child's standard error to the parent, nothing to the child.
pub(crate) fn run(test: &str, scenario: impl FnOnce()) -> String {
    let name = name_in_harness(test);
    if std::env::var(VARIABLE).is_ok_and(|wanted| wanted == name) {
        nix::unistd::alarm::set(SECONDS_MAX);
        scenario();
        eprintln!("{}", last_words(name));
        return String::new();
    }
    spawn(name)
}

/// Runs the scenario of another test in a child process.
pub(crate) fn run_another(test: &str) -> String {
    spawn(name_in_harness(test))
}

/// Without the name of the crate.
fn name_in_harness(test: &str) -> &str {
    test.split_once("::").map_or(test, |(_crate_name, rest)| rest)
}

/// What proves that a child ran the scenario to its end: the harness is content when no test has that name.
fn last_words(name: &str) -> String {
    format!("child finished: {name}")
}

fn spawn(name: &str) -> String {
    let program = std::env::current_exe().expect("the kernel knows the path of a running program");
    let output = Command::new(program)
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, name)
        .stdin(Stdio::null())
        .output()
        .expect("a test binary can be started again");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && err.contains(&last_words(name)),
        "the child of {name} ended with {}\n--- its standard output\n{out}\n--- its standard error\n{err}",
        output.status
    );
    eprint!("{err}");
    err.into_owned()
}

/// The full name of a test in the calling module.
macro_rules! name {
    ($test:ident) => {
        concat!(module_path!(), "::", stringify!($test))
    };
}
pub(crate) use name;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_panics_fails_its_test() {
        let outcome = std::panic::catch_unwind(|| {
            run(name!(a_child_that_panics_fails_its_test), || panic!("as asked"));
        });
        let message = outcome.expect_err("the failure is noticed");
        let text = message.downcast_ref::<String>().map_or("", String::as_str);
        if std::env::var(VARIABLE).is_ok() {
            // This is the child itself: let its test fail.
            std::panic::resume_unwind(message);
        }
        assert!(text.contains("as asked"), "the child's own words are shown: {text}");
    }

    #[test]
    fn a_test_that_does_not_exist_is_noticed() {
        let outcome = std::panic::catch_unwind(|| run("suite::no::such_test", || ()));
        assert!(outcome.is_err());
    }
}
