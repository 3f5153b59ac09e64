//! The files of a directory: what they are called, what is hidden, and what an answer says of them.
//!
//! Names that begin with a dot are neither listed nor served, but for `.well-known` (RFC 8615).

use std::io;
use std::path::{Path, PathBuf};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;
use tower_http::services::fs::DefaultServeDirFallback;

use super::answer::{not_allowed, plain};
use super::beneath::Beneath;
use super::body::{self, Body};
use super::{listing, ranges};

/// A directory that is served.
#[derive(Debug)]
pub struct Folder {
    root: Beneath,
    files: ServeDir<DefaultServeDirFallback, Beneath>,
}

impl Folder {
    /// Opens the directory: it is the one that is there now, whatever is renamed later.
    ///
    /// # Errors
    /// When it is no directory or cannot be read.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let root = Beneath::new(directory)?;
        let files = ServeDir::with_backend("", root.clone()).ignore_multi_range_requests(true);
        Ok(Folder { root, files })
    }

    pub(super) async fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return not_allowed("GET, HEAD");
        }
        let asked = Asked {
            method: request.method().clone(),
            uri: one_slash_first(request.uri()),
            headers: request.headers().clone(),
        };
        match visible_path(asked.uri.path()) {
            Some(path) => self.find(&asked, path).await.unwrap_or_else(|error| plain(status(&error))),
            None => plain(StatusCode::NOT_FOUND),
        }
    }

    async fn find(&self, asked: &Asked, path: PathBuf) -> io::Result<Response<Body>> {
        match self.whole_or_parts(asked).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound && asked.uri.path().ends_with('/') => {
                let (root, title) = (self.root.clone(), asked.uri.path().to_owned());
                let page = tokio::task::spawn_blocking(move || listing::page(&root, &path, &title)).await;
                let mut response =
                    Response::new(body::whole(page.unwrap_or_else(|error| Err(io::Error::other(error)))?));
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, html);
                Ok(response)
            }
            found => found,
        }
    }

    /// The file, or those parts of it that `Range` asks for, unless `If-Range` knows another version (RFC 9110 section 13.1.5).
    async fn whole_or_parts(&self, asked: &Asked) -> io::Result<Response<Body>> {
        let header = asked.headers.get(RANGE).filter(|_| asked.method == Method::GET);
        let wished = header.and_then(|value| value.to_str().ok()).map(ranges::wished).unwrap_or_default();
        if wished.is_empty() {
            return self.single(asked, None).await;
        }
        let head = Asked { method: Method::HEAD, uri: asked.uri.clone(), headers: asked.headers.clone() };
        let head = self.single(&head, None).await?;
        let length = head.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let Some(length) = length.filter(|_| head.status() == StatusCode::OK && asked.wants_version(&head)) else {
            return self.single(asked, None).await;
        };
        let there: Vec<HeaderValue> = wished.iter().filter_map(|wish| wish.within(length)).collect();
        if there.is_empty() {
            return Ok(ranges::none_of(head, length));
        }
        ranges::answer(self, asked, &there).await
    }

    /// The answer to one `Range`, or to none.
    pub(super) async fn single(&self, asked: &Asked, range: Option<&HeaderValue>) -> io::Result<Response<Body>> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = asked.method.clone();
        *request.uri_mut() = asked.uri.clone();
        *request.headers_mut() = asked.headers.clone();
        match range {
            Some(range) => _ = request.headers_mut().insert(RANGE, range.clone()),
            None => _ = request.headers_mut().remove(RANGE),
        }
        let mut response = self.files.clone().try_call(request).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(io::ErrorKind::NotFound.into());
        }
        name_the_charset(response.headers_mut());
        Ok(response.map(|body| Box::pin(body) as Body))
    }
}

/// What was asked for, of a file.
pub(super) struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    /// Whether parts of this version are wanted: `If-Range` names it, or nothing.
    fn wants_version(&self, response: &Response<Body>) -> bool {
        let Some(wanted) = self.headers.get(IF_RANGE) else { return true };
        // A weak tag equals nothing here; a date has to be the same to the second.
        [ETAG, LAST_MODIFIED].iter().any(|name| response.headers().get(name) == Some(wanted))
    }
}

/// The path with one slash in front: with two, a redirect to it would lead to another host.
fn one_slash_first(uri: &Uri) -> Uri {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Uri::try_from(format!("/{}", target.trim_start_matches('/'))).unwrap_or_else(|_| Uri::from_static("/"))
}

/// The path below the directory that a URL's path means; none when it means what is hidden.
fn visible_path(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let names = path.split('/').filter(|name| !name.is_empty() && *name != ".");
    let mut found = PathBuf::from(".");
    for name in names {
        if name.starts_with('.') && name != ".well-known" {
            return None;
        }
        found.push(name);
    }
    Some(found)
}

/// Text is UTF-8 today; browsers would guess something else.
fn name_the_charset(headers: &mut HeaderMap) {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return };
    if kind.starts_with("text/")
        && !kind.contains(';')
        && let Ok(named) = HeaderValue::try_from(format!("{kind}; charset=utf-8"))
    {
        headers.insert(CONTENT_TYPE, named);
    }
}

/// What a client is told when a file cannot be opened.
fn status(error: &io::Error) -> StatusCode {
    match error.kind() {
        io::ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidFilename => StatusCode::NOT_FOUND,
        // A socket, which cannot be opened.
        _ if error.raw_os_error() == Some(libc::ENXIO) => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden() {
        for (path, found) in [
            ("/", Some(".")),
            ("/a/b", Some("./a/b")),
            ("//a//b/", Some("./a/b")),
            ("/a%20b/%C3%BC", Some("./a b/ü")),
            ("/./a/.", Some("./a")),
            ("/.well-known/x", Some("./.well-known/x")),
            ("/.git/config", None),
            ("/a/.env", None),
            ("/%2eenv", None),
            ("/a%2f.env", None),
            ("/..", None),
            ("/a/%2e%2e/b", None),
            ("/%ff", None),
        ] {
            assert_eq!(visible_path(path), found.map(PathBuf::from), "{path}");
        }
    }

    #[test]
    fn a_path_begins_with_one_slash() {
        for (uri, expected) in [
            ("/a?b=c", "/a?b=c"),
            ("//evil.example/a", "/evil.example/a"),
            ("http://host/a", "/a"),
            ("http://host", "/"),
            ("*", "/*"),
        ] {
            assert_eq!(one_slash_first(&uri.parse().unwrap()).to_string(), expected, "{uri}");
        }
    }
}
