//! How this session's client is connected.

use pgrx::pg_sys;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

/// How the client is connected. It does not change while the session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// No client at all: a background worker, a standalone backend.
    NoClient,
    /// A Unix socket or a loopback address, in the clear.
    Local,
    /// TLS 1.2 or later, or GSS encryption.
    Encrypted,
    /// Anything else.
    Insecure,
}

static CONNECTION: OnceLock<Connection> = OnceLock::new();

/// This session's connection.
pub fn connection() -> Connection {
    *CONNECTION.get_or_init(detect)
}

fn detect() -> Connection {
    // SAFETY: reads process-local variables of the backend.
    let (port, is_parallel_worker) =
        unsafe { (pg_sys::MyProcPort, pg_sys::ParallelWorkerNumber >= 0) };
    // A parallel worker has no connection of its own, which would look like "no client". The functions that
    // give plain text are PARALLEL RESTRICTED, so this is the second line of defence.
    if is_parallel_worker {
        return Connection::Insecure;
    }
    if port.is_null() {
        return Connection::NoClient;
    }
    // SAFETY: this backend's own status entry, written once when the session started.
    unsafe {
        let entry = pg_sys::MyBEEntry;
        if entry.is_null() {
            return Connection::Insecure;
        }
        classify(&*entry)
    }
}

fn classify(entry: &pg_sys::PgBackendStatus) -> Connection {
    if is_encrypted(entry) {
        return Connection::Encrypted;
    }
    if is_local(&entry.st_clientaddr) {
        return Connection::Local;
    }
    Connection::Insecure
}

fn is_encrypted(entry: &pg_sys::PgBackendStatus) -> bool {
    // SAFETY: PostgreSQL sets these pointers whenever it sets the flags.
    unsafe {
        if entry.st_gss && !entry.st_gssstatus.is_null() && (*entry.st_gssstatus).gss_enc {
            return true;
        }
        entry.st_ssl
            && !entry.st_sslstatus.is_null()
            && is_modern_tls(CStr::from_ptr((*entry.st_sslstatus).ssl_version.as_ptr()))
    }
}

/// OpenSSL names the versions `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`.
fn is_modern_tls(version: &CStr) -> bool {
    let version = version.to_str().unwrap_or_default();
    let minor = version
        .strip_prefix("TLSv1.")
        .and_then(|minor| minor.parse::<u8>().ok());
    minor.is_some_and(|minor| minor >= 2)
}

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// Where a client comes from.
enum Peer {
    Unix,
    Network(IpAddr),
    Unknown,
}

/// Reads the address as Linux lays it out: family, then (after port, or port and flow label) the address.
fn peer(address: &pg_sys::SockAddr) -> Peer {
    let start = (&raw const address.addr).cast::<u8>();
    // SAFETY: sockaddr_storage has 128 bytes; 24 of them are read.
    let bytes = unsafe { std::slice::from_raw_parts(start, 24) };
    match u16::from_ne_bytes([bytes[0], bytes[1]]) {
        AF_UNIX => Peer::Unix,
        AF_INET => Peer::Network(Ipv4Addr::new(bytes[4], bytes[5], bytes[6], bytes[7]).into()),
        AF_INET6 => {
            let mut octets = [0; 16];
            octets.copy_from_slice(&bytes[8..24]);
            Peer::Network(Ipv6Addr::from(octets).to_canonical())
        }
        _ => Peer::Unknown,
    }
}

fn is_local(address: &pg_sys::SockAddr) -> bool {
    match peer(address) {
        Peer::Unix => true,
        Peer::Network(address) => address.is_loopback(),
        Peer::Unknown => false,
    }
}

/// The network address of this session's client; none over a Unix socket, and where there is no client.
pub fn client_address() -> Option<IpAddr> {
    // SAFETY: this process's own status entry, written once when the session started.
    let entry = unsafe { pg_sys::MyBEEntry.as_ref() }?;
    match peer(&entry.st_clientaddr) {
        Peer::Network(address) => Some(address),
        _ => None,
    }
}
