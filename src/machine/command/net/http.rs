//! What `wget` and `curl` make of an answer.

use std::sync::Arc;

use super::{Net, Tool, err};
use crate::machine::cri::HttpResponse;
use crate::machine::fs::path;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

impl Net {
    pub(super) fn wget_done(
        &self,
        response: &HttpResponse,
        host: HostPid,
        kernel: &mut Kernel<'_>,
        out: &mut [Vec<u8>; 2],
    ) -> i32 {
        let Tool::Wget { is_quiet, output } = &self.tool else { return 1 };
        if response.status >= 300 {
            let words = reason(response.status);
            err(out, &format!("wget: server returned error: HTTP/1.1 {} {words}\n", response.status));
            return 1;
        }
        if output.as_deref() == Some("-") {
            if !is_quiet {
                err(out, "writing to stdout\n");
            }
            out[0].extend_from_slice(&response.body);
            if !is_quiet {
                err(out, "written to stdout\n");
            }
            return 0;
        }
        let last = path::base_name(self.request.path.split('?').next().unwrap_or("/"));
        let own = if last.is_empty() || last == "/" { "index.html" } else { last };
        let file = output.clone().unwrap_or_else(|| own.to_owned());
        if !is_quiet {
            err(out, &format!("saving to '{file}'\n'{file}' saved\n"));
        }
        save(&file, &response.body, host, kernel).unwrap_or_else(|text| {
            err(out, &format!("wget: {text}\n"));
            1
        })
    }

    pub(super) fn curl_done(
        &self,
        response: &HttpResponse,
        host: HostPid,
        kernel: &mut Kernel<'_>,
        out: &mut [Vec<u8>; 2],
    ) -> i32 {
        let Tool::Curl { is_silent, shows_errors, fails, with_headers, output, format } = &self.tool else { return 1 };
        debug_assert!(*is_silent || *shows_errors, "curl without -s shows errors");
        if *fails && response.status >= 400 {
            if *shows_errors {
                err(out, &format!("curl: (22) The requested URL returned error: {}\n", response.status));
            }
            return 22;
        }
        let mut body = Vec::new();
        if *with_headers {
            body.extend_from_slice(format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status)).as_bytes());
            for (name, value) in &response.headers {
                body.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            body.extend_from_slice(format!("Content-Length: {}\r\n\r\n", response.body.len()).as_bytes());
        }
        if &*self.request.method != "HEAD" {
            body.extend_from_slice(&response.body);
        }
        let mut code = 0;
        match output.as_deref() {
            None | Some("-") => out[0].extend(body),
            Some(file) => {
                code = save(file, &body, host, kernel).unwrap_or_else(|text| {
                    err(out, &format!("curl: (23) Failure writing output to destination: {text}\n"));
                    23
                });
            }
        }
        if let Some(format) = format {
            let seconds = kernel.now.since(self.began_at).as_micros();
            let time = format!("{}.{:06}", seconds / 1_000_000, seconds % 1_000_000);
            let text = format.replace("%{http_code}", &response.status.to_string());
            let text = text.replace("%{response_code}", &response.status.to_string()).replace("%{time_total}", &time);
            out[0].extend_from_slice(crate::machine::shell::escape::unescape(&text, false).0.as_bytes());
        }
        code
    }
}

fn save(file: &str, bytes: &[u8], host: HostPid, kernel: &mut Kernel<'_>) -> Result<i32, String> {
    let process = kernel.sandbox.processes.get(&host).ok_or("no process")?;
    let (container, user, cwd) = (process.container.ok_or("no container")?, process.user, Arc::clone(&process.cwd));
    let mut view = kernel.view(container, user).ok_or("no files")?;
    let full = path::absolute(&cwd, file);
    if full == "/dev/null" {
        return Ok(0);
    }
    let written = view.truncate(&full).and_then(|()| view.write(&full, None, bytes));
    written.map(|_| 0).map_err(|error| format!("can't open '{file}': {error}"))
}

/// The words that servers put behind a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
