//! The parts of a URL that schemes sign, cut out of it as it stands: nothing is decoded or put in order.

/// The URL before its query and fragment.
pub fn without_query(url: &str) -> &str {
    &url[..url.find(['?', '#']).unwrap_or(url.len())]
}

/// The query, without the `?`; empty where there is none.
pub fn query(url: &str) -> &str {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    url.split_once('?').map_or("", |(_, query)| query)
}

/// The path: `/` where the URL ends with the host. A URL that is only a path is one.
pub fn path(url: &str) -> &str {
    let url = without_query(url);
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    rest.find('/').map_or("/", |start| &rest[start..])
}

/// The URL without a port, and with the one that its scheme has if it names none. One of the two is the URL itself.
pub fn with_and_without_port(url: &str) -> [String; 2] {
    let Some((scheme, rest)) = url.split_once("://") else {
        return [url.to_owned(), url.to_owned()];
    };
    let authority_len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(authority_len);
    let host_start = authority.rfind('@').map_or(0, |at| at + 1);
    // Colons inside of brackets belong to an IPv6 address.
    let bracket = authority
        .rfind(']')
        .map_or(host_start, |end| end.max(host_start));
    let port_start = authority[bracket..].find(':').map(|colon| bracket + colon);
    let host = &authority[..port_start.unwrap_or(authority_len)];
    let default_port = if scheme.eq_ignore_ascii_case("https") {
        "443"
    } else {
        "80"
    };
    let with_port = match port_start {
        Some(_) => url.to_owned(),
        None => format!("{scheme}://{host}:{default_port}{rest}"),
    };
    [format!("{scheme}://{host}{rest}"), with_port]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let cases = [
            (
                "https://a.b/c/d?x=1&y#z",
                "https://a.b/c/d",
                "x=1&y",
                "/c/d",
            ),
            ("https://a.b", "https://a.b", "", "/"),
            ("https://a.b?x", "https://a.b", "x", "/"),
            ("https://a.b/#x?y", "https://a.b/", "", "/"),
            ("https://a.b/c?x=?y", "https://a.b/c", "x=?y", "/c"),
            ("/c?x=1", "/c", "x=1", "/c"),
            (
                "https://a.b/c%20d?x=%41+b",
                "https://a.b/c%20d",
                "x=%41+b",
                "/c%20d",
            ),
            ("", "", "", ""),
        ];
        for (url, base, query_text, path_text) in cases {
            assert_eq!(without_query(url), base, "{url}");
            assert_eq!(query(url), query_text, "{url}");
            assert_eq!(path(url), path_text, "{url}");
        }
    }

    #[test]
    fn ports() {
        let cases = [
            ("https://a.b/c", "https://a.b/c", "https://a.b:443/c"),
            ("http://a.b?c", "http://a.b?c", "http://a.b:80?c"),
            ("HTTPS://a.b", "HTTPS://a.b", "HTTPS://a.b:443"),
            (
                "https://a.b:443/c:d@e",
                "https://a.b/c:d@e",
                "https://a.b:443/c:d@e",
            ),
            ("https://a.b:8443/c", "https://a.b/c", "https://a.b:8443/c"),
            (
                "https://u:p@a.b/c",
                "https://u:p@a.b/c",
                "https://u:p@a.b:443/c",
            ),
            (
                "https://u:p@a.b:1/c",
                "https://u:p@a.b/c",
                "https://u:p@a.b:1/c",
            ),
            ("https://[::1]/c", "https://[::1]/c", "https://[::1]:443/c"),
            ("https://[::1]:1/c", "https://[::1]/c", "https://[::1]:1/c"),
            ("https://]@a:1", "https://]@a", "https://]@a:1"),
            ("a.b/c", "a.b/c", "a.b/c"),
        ];
        for (url, without, with) in cases {
            assert_eq!(with_and_without_port(url), [without, with], "{url}");
        }
    }
}
