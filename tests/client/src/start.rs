//! Starting a throw-away server, and seeing to it that it goes away with the test process.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::command::finish;
use crate::netns;

/// What a server starts with; the rest is as `scripts/server` has it.
#[derive(Debug, Default)]
pub struct Setup<'a> {
    /// Lines of its configuration.
    pub conf: &'a str,
    /// Variables of its environment.
    pub environment: &'a [(&'a str, &'a str)],
    /// Whether it lives in a network namespace of its own, with the address `NON_LOOPBACK`.
    pub own_network: bool,
}

/// The library preloaded. A refused statement is not logged: the tests write keys into some, and what is
/// looked for in the log is what the extension itself put there.
pub(crate) const PRELOADED: &str = "shared_preload_libraries = 'phone_crypt'\n";
const ALWAYS: &str = "log_min_error_statement = panic\ninclude_if_exists = 'test.conf'\n";

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../scripts")
        .join(name)
}

/// The `pg_config` of the server to test.
pub(crate) fn pg_config() -> &'static Path {
    static PG_CONFIG: OnceLock<PathBuf> = OnceLock::new();
    PG_CONFIG.get_or_init(|| match std::env::var_os("PHONE_CRYPT_TEST_PG_CONFIG") {
        Some(path) => path.into(),
        None => {
            let mut command = Command::new(script("postgres"));
            finish(command.args(["pg_config", "18"])).output().into()
        }
    })
}

/// Runs `scripts/server start` and returns the server's directory.
pub(crate) fn start(setup: &Setup<'_>) -> PathBuf {
    let dir = new_dir();
    let mut words = if setup.own_network {
        netns::launcher()
    } else {
        Vec::new()
    };
    words.extend([script("server").display().to_string(), "start".to_owned()]);
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .arg(pg_config())
        .arg(&dir)
        .arg("-")
        .env_remove("PHONE_ENCRYPTION_KEY")
        .envs(setup.environment.iter().copied())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let conf = format!("{}\n{ALWAYS}", setup.conf);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(conf.as_bytes())
        .unwrap();
    assert!(
        child.wait().unwrap().success(),
        "scripts/server start failed; it says why above"
    );
    dir
}

/// Short, because a Unix socket's path may have at most 107 bytes.
pub(crate) fn new_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // As scripts/lib.sh says.
    let scratch = std::env::var_os("PHONE_CRYPT_SCRATCH").unwrap_or("/tmp".into());
    Path::new(&scratch).join(format!("phone_crypt.{}.{count}", std::process::id()))
}

/// A process that stops the server as soon as its standard input closes: when the `Server` is dropped, and
/// also when the test process ends with a server in a static, or is killed.
pub(crate) fn guard(dir: &Path) -> Child {
    Command::new("sh")
        .args(["-c", "cat; \"$1\" stop \"$2\"", "sh"])
        .arg(script("server"))
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal goes to the whole process group, and the guard must outlive it.
        .process_group(0)
        .spawn()
        .unwrap()
}
