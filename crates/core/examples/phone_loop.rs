//! `normalize` in a bare loop, without SQL: what `phone_normalize` costs beyond this is the call.
//!
//! Speaks the protocol of `bench/peer/libphonenumber_loop.cc`: reads the numbers of a file, one a
//! line, and the default regions from its arguments. For each line `run` on standard input it
//! normalises all of them once and prints the CPU time of that in nanoseconds; for `answers`, what
//! it made of each, empty where it found no number.

use phone_crypt_core::phone::{Regions, is_e164, normalize, warm_up};
use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdin, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: phone_loop FILE REGION...")?;
    let regions = Regions::parse(&arguments.collect::<Vec<_>>().join(","))?;
    let text = std::fs::read_to_string(file)?;
    let numbers: Vec<&str> = text.lines().collect();
    warm_up(&regions);
    for command in stdin().lines() {
        if command? == "answers" {
            print_answers(&numbers, &regions)?;
        } else {
            println!("{}", run(&numbers, &regions)?);
            stdout().flush()?;
        }
    }
    Ok(())
}

/// The CPU time of normalising all numbers, in nanoseconds. As in the SQL functions, what is in
/// E.164 already is taken as it is.
fn run(numbers: &[&str], regions: &Regions) -> Result<u64, Box<dyn Error>> {
    let start = cpu_nanoseconds()?;
    for number in numbers {
        let number = black_box(*number);
        black_box(is_e164(number.as_bytes()) || normalize(number, regions).is_ok());
    }
    Ok(cpu_nanoseconds()? - start)
}

fn print_answers(numbers: &[&str], regions: &Regions) -> std::io::Result<()> {
    let mut out = stdout().lock();
    for number in numbers {
        match normalize(number, regions) {
            Ok(e164) => writeln!(out, "{}", e164.as_str())?,
            Err(_) => writeln!(out)?,
        }
    }
    out.flush()
}

/// The CPU time of this process so far. Linux brings the figure up to date when the process is
/// scheduled, so it gives way first.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let first = text.split(' ').next().ok_or("an empty schedstat")?;
    Ok(first.parse()?)
}
