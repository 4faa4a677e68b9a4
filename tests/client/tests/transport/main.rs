//! `require_tls`: over which connections plain text leaves the server.

mod development;
mod functions;
mod networks;
mod parallel;
mod shared;
mod tls;
