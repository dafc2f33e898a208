//! Exec and attach: standard streams as channels of a WebSocket.
//!
//! Each binary message begins with the number of its channel. Source: `apimachinery/pkg/util/remotecommand/constants.go`,
//! `kubelet/pkg/cri/streaming/remotecommand/websocket.go`.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use serde_json::{Value, json};

use crate::apiserver::{Status, StreamChunk};
use crate::cluster::Input;
use crate::session::CallAnswer;

use super::gate::Call;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
/// Version 5: the other side has closed the channel whose number follows.
const CLOSE: u8 = 255;
/// Messages are no longer than this. Source: `client-go/transport/websocket/roundtripper.go`, `DataBufferSize`.
const MESSAGE_MAX: usize = 32 * 1024;

/// Carries bytes both ways until the command ends or the client leaves.
pub async fn carry(mut socket: WebSocket, mut call: Call, first: StreamChunk) {
    let Ok(mut is_over) = tell(&mut socket, &first).await else { return };
    while !is_over {
        let done = tokio::select! {
            told = call.next() => match told.map(|told| told.answer) {
                Some(CallAnswer::Stream(chunk)) => tell(&mut socket, &chunk).await,
                Some(CallAnswer::Outcome(Err(refusal))) => end(&mut socket, &failure(&refusal)).await,
                Some(_) => Ok(false),
                None => Ok(true),
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    hear(&call, &bytes);
                    Ok(false)
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Ok(false),
            },
        };
        let Ok(now_over) = done else { return };
        is_over = now_over;
    }
    let bye = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    // The client may be gone already.
    drop(socket.send(Message::Close(Some(bye))).await);
    // Whoever closes first waits for the other's goodbye, so that nothing in flight is lost.
    while let Some(Ok(_)) = socket.recv().await {}
}

/// What the client says becomes an input of the session.
fn hear(call: &Call, bytes: &[u8]) {
    let call_number = call.number();
    let input = match bytes {
        [STDIN, data @ ..] if !data.is_empty() => Input::StreamData { call: call_number, bytes: data.to_vec() },
        [CLOSE, STDIN] => Input::StreamEnd { call: call_number },
        [RESIZE, size @ ..] => {
            let size: Value = serde_json::from_slice(size).unwrap_or_default();
            let side = |name: &str| size[name].as_u64().and_then(|side| u16::try_from(side).ok());
            match (side("Width"), side("Height")) {
                (Some(columns), Some(rows)) => Input::Resize { call: call_number, columns, rows },
                _ => return,
            }
        }
        _ => return,
    };
    call.door().act(move |session| session.submit(input));
}

/// Sends what was written; says whether that was all.
async fn tell(socket: &mut WebSocket, chunk: &StreamChunk) -> Result<bool, axum::Error> {
    for (channel, bytes) in [(STDOUT, &chunk.stdout), (STDERR, &chunk.stderr)] {
        for piece in bytes.chunks(MESSAGE_MAX) {
            send(socket, channel, piece).await?;
        }
    }
    match chunk.exit_code {
        None => Ok(false),
        Some(code) => end(socket, &result(code)).await,
    }
}

async fn end(socket: &mut WebSocket, status: &Value) -> Result<bool, axum::Error> {
    send(socket, ERROR, status.to_string().as_bytes()).await?;
    Ok(true)
}

async fn send(socket: &mut WebSocket, channel: u8, bytes: &[u8]) -> Result<(), axum::Error> {
    let mut message = Vec::with_capacity(bytes.len() + 1);
    message.push(channel);
    message.extend_from_slice(bytes);
    socket.send(Message::Binary(message.into())).await
}

/// How a command ended. Source: `kubelet/pkg/cri/streaming/remotecommand/exec.go`.
fn result(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({
        "metadata": {},
        "status": "Failure",
        "message": format!("command terminated with non-zero exit code: command terminated with exit code {code}"),
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}
    })
}

fn failure(status: &Status) -> Value {
    json!({
        "metadata": {}, "status": "Failure", "message": status.message, "reason": "InternalError",
        "details": {"causes": [{"message": status.message}]}, "code": 500
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_a_cause() {
        assert_eq!(result(0)["status"], "Success");
        assert_eq!(result(3)["details"]["causes"][0]["message"], "3");
    }
}
