//! Where the documentation is: an installed server has no `docs` folder, so hints give a full address.

/// The address of a page of `docs`, with the anchor of a section: `documentation!("keys.md#pinned-keys")`. The one place
/// that says where the pages are published; `scripts/doc-test` looks whether each section exists.
#[macro_export]
macro_rules! documentation {
    ($section:literal) => {
        concat!("https://phone-crypt.example/docs/", $section)
    };
}
