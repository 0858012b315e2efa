//! `/errors` and `/errors/{code}`: what the `type` of every problem document points to.

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse};

use super::catalogue::{CodeEntry, catalogue};
use super::error::{ApiError, EdgeError};
use super::error_advice::{Advice, advice};
use super::negotiate::Language::{English, Korean};
use super::openapi::detail;
use super::pages::page;

/// `GET /errors`.
pub(super) async fn list() -> HttpResponse {
    let mut body = String::from(
        "<h1>오류 코드</h1>\n\
         <p>거절된 요청은 <code>X-Error-Code</code> 헤더에 아래 코드 중 하나를 담습니다.</p>\n\
         <p class=\"quiet\" lang=\"en\">Refused requests carry one of these codes in \
         <code>X-Error-Code</code>.</p>\n<table>\n\
         <thead><tr><th>코드</th><th>HTTP</th><th>의미</th></tr></thead>\n<tbody>\n",
    );
    for entry in catalogue() {
        let CodeEntry { code, status, .. } = entry;
        let (korean, english) = (entry.title(Korean), entry.title(English));
        let _written = writeln!(
            body,
            "<tr><td><a href=\"/errors/{code}\"><code>{code}</code></a></td><td>{}</td>\
             <td>{korean}<small lang=\"en\">{english}</small></td></tr>",
            status.as_u16(),
        );
    }
    body.push_str("</tbody>\n</table>\n<p><a href=\"/\">처음으로</a></p>\n");
    page("오류 코드 · Error codes", &body)
}

/// `GET /errors/{code}`.
pub(super) async fn show(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let code = request.match_info().query("code");
    let known = catalogue().iter().find(|entry| entry.code == code);
    let entry = known.ok_or(EdgeError::PathNotFound)?;
    Ok(page(&format!("{code} · 오류 코드"), &explanation(entry, advice(code))))
}

fn explanation(entry: &CodeEntry, advice: &Advice) -> String {
    let CodeEntry { code, status, .. } = entry;
    let (korean, english) = (&advice.korean, &advice.english);
    let example = detail(entry, Korean);
    format!(
        "<p><a href=\"/errors\">오류 코드</a></p>\n<h1>{}</h1>\n\
         <p class=\"quiet\"><code>{code}</code> · HTTP {status}</p>\n\
         <pre><code>{{\"success\":false,\"error\":\"{example}\"}}</code></pre>\n\
         <dl>\n<dt>원인</dt><dd>{}</dd>\n<dt>해결 방법</dt><dd>{}</dd>\n<dt>재시도</dt><dd>{}</dd>\n</dl>\n\
         <section lang=\"en\">\n<h2>{}</h2>\n\
         <dl>\n<dt>Cause</dt><dd>{}</dd>\n<dt>What to do</dt><dd>{}</dd>\n<dt>Retry</dt><dd>{}</dd>\n</dl>\n\
         </section>\n",
        entry.title(Korean),
        korean.cause,
        korean.remedy,
        retry_in_korean(entry),
        entry.title(English),
        english.cause,
        english.remedy,
        retry_in_english(entry),
    )
}

fn retry_in_korean(entry: &CodeEntry) -> String {
    entry.retry_after.map_or_else(
        || "상황이 바뀌지 않으면 다시 보내도 결과는 같습니다.".to_owned(),
        |seconds| {
            format!(
                "{seconds}초 뒤에 같은 요청을 다시 보내세요(Retry-After). \
                 명령이라면 같은 Idempotency-Key를 사용하세요."
            )
        },
    )
}

fn retry_in_english(entry: &CodeEntry) -> String {
    entry.retry_after.map_or_else(
        || "Unless something changes, the same request will be refused again.".to_owned(),
        |seconds| {
            format!(
                "Send the same request again after {seconds} s (Retry-After); a command with the \
                 same Idempotency-Key."
            )
        },
    )
}
