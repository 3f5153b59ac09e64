//! The variables of a CGI program (RFC 3875 section 4.1), and only those of this request.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName};
use hyper::{HeaderMap, Request, StatusCode};
use percent_encoding::percent_decode_str;

use crate::service::http::is_of_the_connection;
use crate::service::http::visit::Visit;

/// What this program is called in `SERVER_SOFTWARE`.
const SOFTWARE: &str = concat!("netverb/", env!("CARGO_PKG_VERSION"));

/// The variables of a request.
///
/// # Errors
/// 400 for a path that no variable can hold.
pub(super) fn of<B>(request: &Request<B>, visit: &Visit) -> Result<Vec<(OsString, OsString)>, StatusCode> {
    let ends: Vec<(String, String)> = visit.environment.variables();
    let end = |name: &str| ends.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str());
    let mut variables = from_request(request)?;
    let mut set = |name: &str, value: &str| variables.push((name.into(), value.into()));
    set("GATEWAY_INTERFACE", "CGI/1.1");
    set("SERVER_SOFTWARE", SOFTWARE);
    set("SERVER_PORT", end("LOCAL_PORT"));
    set("REMOTE_HOST", end("REMOTE_ADDR"));
    set("SERVER_NAME", &host_name(request.headers()).unwrap_or_else(|| end("LOCAL_ADDR").to_owned()));
    if visit.is_secure {
        set("HTTPS", "on");
    }
    Ok(variables)
}

/// Puts these in the place of what we inherited of their kind: a program must not take a variable of ours for a header of the
/// client, nor the other way round.
pub(super) fn replace(process: &mut Command, variables: &[(OsString, OsString)]) {
    const OF_CGI: [&str; 17] = [
        "AUTH_TYPE",
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "GATEWAY_INTERFACE",
        "HTTPS",
        "PATH_INFO",
        "PATH_TRANSLATED",
        "QUERY_STRING",
        "REMOTE_HOST",
        "REMOTE_IDENT",
        "REMOTE_USER",
        "REQUEST_METHOD",
        "REQUEST_URI",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
    ];
    for (name, _) in std::env::vars_os() {
        let of_a_header = name.to_str().is_some_and(|name| name.starts_with("HTTP_"));
        if of_a_header || OF_CGI.iter().any(|other| name == OsStr::new(other)) {
            process.env_remove(name);
        }
    }
    process.envs(variables.iter().map(|(name, value)| (name, value)));
}

fn from_request<B>(request: &Request<B>) -> Result<Vec<(OsString, OsString)>, StatusCode> {
    let path: Vec<u8> = percent_decode_str(request.uri().path()).collect();
    if path.contains(&0) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let mut variables: Vec<(OsString, OsString)> = vec![
        ("REQUEST_METHOD".into(), request.method().as_str().into()),
        ("REQUEST_URI".into(), target.into()),
        ("SCRIPT_NAME".into(), "".into()),
        ("PATH_INFO".into(), OsString::from_vec(path)),
        ("QUERY_STRING".into(), request.uri().query().unwrap_or_default().into()),
        ("SERVER_PROTOCOL".into(), format!("{:?}", request.version()).into()),
    ];
    let headers = request.headers();
    for (name, header) in [("CONTENT_LENGTH", CONTENT_LENGTH), ("CONTENT_TYPE", CONTENT_TYPE)] {
        if let Some(value) = headers.get(header) {
            variables.push((name.into(), OsString::from_vec(value.as_bytes().to_vec())));
        }
    }
    for name in headers.keys() {
        if let Some(variable) = variable(name) {
            let values: Vec<&[u8]> = headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
            let between: &[u8] = if name == COOKIE { b"; " } else { b", " };
            variables.push((variable.into(), OsString::from_vec(values.join(between))));
        }
    }
    Ok(variables)
}

/// `HTTP_*` for a header that is for the program. A name with other signs than letters, digits and hyphens could be made to
/// look like another header. `Proxy` would become `HTTP_PROXY`, which programs take for the address of a proxy of theirs.
fn variable(name: &HeaderName) -> Option<String> {
    let plain = name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let own = [CONTENT_LENGTH, CONTENT_TYPE].contains(name) || is_of_the_connection(name);
    if !plain || own || name == "proxy" {
        return None;
    }
    Some(format!("HTTP_{}", name.as_str().to_ascii_uppercase().replace('-', "_")))
}

/// What the client calls us.
fn host_name(headers: &HeaderMap) -> Option<String> {
    let authority: hyper::http::uri::Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    Some(authority.host().to_owned()).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_a_request() {
        let request = Request::builder()
            .method("POST")
            .uri("/a%20b/%C3%BC?x=%20y")
            .header("host", "example.org:81")
            .header("content-type", "a/b")
            .header("content-length", "3")
            .header("x-a", "1")
            .header("x-a", "2")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .header("proxy", "http://evil.example")
            .header("x_a", "forged")
            .header("x.b", "odd")
            .header("connection", "close")
            .body(())
            .unwrap();
        let mut found: Vec<String> = from_request(&request)
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
            .collect();
        found.sort();
        let expected = [
            "CONTENT_LENGTH=3",
            "CONTENT_TYPE=a/b",
            "HTTP_COOKIE=a=1; b=2",
            "HTTP_HOST=example.org:81",
            "HTTP_X_A=1, 2",
            "PATH_INFO=/a b/ü",
            "QUERY_STRING=x=%20y",
            "REQUEST_METHOD=POST",
            "REQUEST_URI=/a%20b/%C3%BC?x=%20y",
            "SCRIPT_NAME=",
            "SERVER_PROTOCOL=HTTP/1.1",
        ];
        assert_eq!(found, expected);
        assert_eq!(host_name(request.headers()).as_deref(), Some("example.org"));
    }

    #[test]
    fn a_path_with_nul_is_refused() {
        let request = Request::builder().uri("/a%00b").body(()).unwrap();
        assert_eq!(from_request(&request), Err(StatusCode::BAD_REQUEST));
    }
}
