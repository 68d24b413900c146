"""Fake model providers on one loopback port, failing exactly as each request asks them to.

The first path segment names the deployment (config.yaml). A directive in the prompt decides:

    @@{"id":"w1-7","faults":{"claude":[500,500,200],"*":[200]},"input":120,"output":40}@@

    faults   the status of each successive attempt on a deployment, the last one repeats;
             "hang" never answers, "cut" breaks a stream half-way, "cut_early" before content
    input output cached reasoning   the tokens to report
    delay    milliseconds before the answer; chunks, gap: of a stream

Each attempt becomes a line of LAB_UPSTREAM_LOG: the truth that verify.py compares with.
"""

import asyncio
import collections
import json
import os
import re
import time

import uvicorn

PORT = int(os.environ.get("LAB_UPSTREAM_PORT", "9100"))
# What a request without a directive meets, such as LiteLLM's own health checks: {"claude": [401]}.
DEFAULT_FAULTS = json.loads(os.environ.get("LAB_UPSTREAM_FAULTS", "{}"))
LOG = open(os.environ.get("LAB_UPSTREAM_LOG", os.devnull), "a", buffering=1, encoding="utf-8")
DIRECTIVE = re.compile(rb"@@(\{.*?\})@@")
MAX_COUNTED = 200_000

ERRORS = {
    400: ("invalid_request_error", "Invalid request: fake 400"),
    401: ("authentication_error", "Incorrect API key provided: sk-fake"),
    429: ("rate_limit_error", "Rate limit reached for requests"),
    500: ("api_error", "The server had an error"),
    503: ("overloaded_error", "Service temporarily overloaded"),
}
GEMINI_STATUS = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
OPENAI_CODE = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
RATE_LIMITS = [
    (b"x-ratelimit-remaining-requests", b"9999"),
    (b"x-ratelimit-remaining-tokens", b"1999000"),
    (b"x-ratelimit-limit-requests", b"10000"),
    (b"x-ratelimit-limit-tokens", b"2000000"),
]

attempts_seen = collections.OrderedDict()


class StreamCut(Exception):
    """Makes the server close the connection in the middle of an answer."""


def count_attempt(request_id, deployment):
    key = (request_id, deployment)
    number = attempts_seen.get(key, 0)
    attempts_seen[key] = number + 1
    if len(attempts_seen) > MAX_COUNTED:
        attempts_seen.popitem(last=False)
    return number


async def read_body(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def client_left_within(receive, seconds):
    """Waits, and tells whether the proxy hung up meanwhile."""
    try:
        while True:
            message = await asyncio.wait_for(receive(), seconds)
            if message["type"] == "http.disconnect":
                return True
    except asyncio.TimeoutError:
        return False


async def send_json(send, status, value):
    raw = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
    await send({"type": "http.response.start", "status": status, "headers": headers + RATE_LIMITS})
    await send({"type": "http.response.body", "body": raw})


def error_body(kind, status):
    error_type, message = ERRORS[status]
    if kind == "anthropic":
        return {"type": "error", "error": {"type": error_type, "message": message}}
    if kind == "gemini":
        label = GEMINI_STATUS.get(status, "INTERNAL")
        return {"error": {"code": status, "message": message, "status": label}}
    code = OPENAI_CODE.get(status)
    return {"error": {"message": message, "type": error_type, "param": None, "code": code}}


class Answer:
    """One answer in a provider's own words."""

    def __init__(self, kind, deployment, request_id, number, model, directive):
        self.kind, self.deployment, self.model = kind, deployment, model
        self.id = f"chatcmpl-{request_id}-{number}-{deployment}"
        self.input = directive.get("input", 20)
        self.output = directive.get("output", 10)
        self.cached = directive.get("cached", 0)
        self.reasoning = directive.get("reasoning", 0)
        self.created = int(time.time())

    def text(self, parts=1):
        return "lorem ipsum " * max(1, self.output // 3 // parts)

    def openai_usage(self):
        return {
            "prompt_tokens": self.input, "completion_tokens": self.output,
            "total_tokens": self.input + self.output,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
        }

    def anthropic_message(self, content, output, stop_reason):
        return {
            "id": "msg_" + self.id, "type": "message", "role": "assistant", "model": self.model,
            "content": content, "stop_reason": stop_reason, "stop_sequence": None,
            "usage": {
                "input_tokens": self.input - self.cached, "output_tokens": output,
                "cache_read_input_tokens": self.cached, "cache_creation_input_tokens": 0,
            },
        }

    def gemini_part(self, text, output, last):
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
        if last:
            candidate["finishReason"] = "STOP"
        usage = {"promptTokenCount": self.input, "candidatesTokenCount": output,
                 "totalTokenCount": self.input + output}
        return {"candidates": [candidate], "usageMetadata": usage, "responseId": self.id,
                "modelVersion": "gemini-fake"}

    def embedding(self, texts):
        data = [{"object": "embedding", "index": i, "embedding": [0.01] * 8} for i in range(texts)]
        usage = {"prompt_tokens": self.input, "total_tokens": self.input}
        return {"object": "list", "model": self.model, "data": data, "usage": usage}

    def responses_object(self):
        content = [{"type": "output_text", "text": self.text(), "annotations": []}]
        message = {"type": "message", "id": "msg_" + self.id, "status": "completed",
                   "role": "assistant", "content": content}
        usage = {"input_tokens": self.input, "input_tokens_details": {"cached_tokens": self.cached},
                 "output_tokens": self.output, "total_tokens": self.input + self.output,
                 "output_tokens_details": {"reasoning_tokens": self.reasoning}}
        return {"id": "resp_" + self.id, "object": "response", "created_at": self.created,
                "status": "completed", "model": self.model, "output": [message], "usage": usage,
                "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None}

    def whole(self):
        if self.kind == "anthropic":
            content = [{"type": "text", "text": self.text()}]
            return self.anthropic_message(content, self.output, "end_turn")
        if self.kind == "gemini":
            return self.gemini_part(self.text(), self.output, last=True)
        if self.kind == "responses":
            return self.responses_object()
        choice = {"index": 0, "finish_reason": "stop",
                  "message": {"role": "assistant", "content": self.text()}}
        answer = {"id": self.id, "object": "chat.completion", "created": self.created,
                  "model": self.model, "choices": [choice], "usage": self.openai_usage()}
        if self.deployment == "groq":
            answer["service_tier"] = "on_demand"  # LiteLLM fails on groq's answers without it
        return answer

    def openai_chunk(self, delta, finish_reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return {"id": self.id, "object": "chat.completion.chunk", "created": self.created,
                "model": self.model, "choices": [choice]}

    def opening_events(self):
        if self.kind != "anthropic":
            return []
        block = {"type": "text", "text": ""}
        return [
            {"type": "message_start", "message": self.anthropic_message([], 1, None)},
            {"type": "content_block_start", "index": 0, "content_block": block},
        ]

    def content_event(self, index, chunks):
        piece, last = self.text(chunks), index == chunks - 1
        if self.kind == "anthropic":
            delta = {"type": "text_delta", "text": piece}
            return {"type": "content_block_delta", "index": 0, "delta": delta}
        if self.kind == "gemini":
            return self.gemini_part(piece, self.output if last else index, last)
        role = {"role": "assistant"} if index == 0 else {}
        return self.openai_chunk({**role, "content": piece})

    def closing_events(self, with_usage):
        if self.kind == "anthropic":
            delta = {"stop_reason": "end_turn", "stop_sequence": None}
            return [
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": delta, "usage": {"output_tokens": self.output}},
                {"type": "message_stop"},
            ]
        if self.kind == "gemini":
            return []
        events = [self.openai_chunk({}, "stop")]
        if with_usage:
            usage_chunk = self.openai_chunk({})
            events.append({**usage_chunk, "choices": [], "usage": self.openai_usage()})
        return events + ["[DONE]"]


async def send_stream(send, receive, answer, body, directive, fault):
    headers = [(b"content-type", b"text/event-stream")] + RATE_LIMITS
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    chunks, gap = directive.get("chunks", 5), directive.get("gap", 2) / 1000

    async def event(value):
        name = f"event: {value['type']}\n" if answer.kind == "anthropic" else ""
        data = value if isinstance(value, str) else json.dumps(value)
        raw = f"{name}data: {data}\n\n".encode()
        await send({"type": "http.response.body", "body": raw, "more_body": True})

    if fault == "cut_early":
        raise StreamCut
    for value in answer.opening_events():
        await event(value)
    for index in range(chunks):
        if fault == "cut" and index == chunks // 2:
            raise StreamCut
        await event(answer.content_event(index, chunks))
        if await client_left_within(receive, gap):
            return False
    with_usage = (body.get("stream_options") or {}).get("include_usage")
    for value in answer.closing_events(with_usage):
        await event(value)
    await send({"type": "http.response.body", "body": b""})
    return True


def api_of(path):
    if path.endswith("/v1/messages"):
        return "anthropic"
    if "enerateContent" in path:
        return "gemini"
    if path.endswith("/responses"):  # where LiteLLM sends /v1/messages for OpenAI's models
        return "responses"
    return "embedding" if path.endswith("/embeddings") else "openai"


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    path, raw = scope["path"], await read_body(receive)
    if scope["method"] == "GET":  # LiteLLM asks once for the models of each OpenAI-style base
        return await send_json(send, 200, {"object": "list", "data": []})
    deployment, kind = path.split("/", 2)[1], api_of(path)
    found = DIRECTIVE.search(raw.replace(b'\\"', b'"'))
    directive = json.loads(found.group(1)) if found else {}
    body = json.loads(raw)
    request_id = directive.get("id", "-")
    number = count_attempt(request_id, deployment)
    faults = directive.get("faults", DEFAULT_FAULTS)
    sequence = faults.get(deployment, faults.get("*", [200]))
    fault = sequence[min(number, len(sequence) - 1)]
    stream = bool(body.get("stream")) or "streamGenerateContent" in path
    answer = Answer(kind, deployment, request_id, number, body.get("model", deployment), directive)
    started = time.time()

    def record(outcome):
        LOG.write(json.dumps({
            "at": started, "deployment": deployment, "id": request_id, "number": number,
            "outcome": outcome, "stream": stream, "input": answer.input,
            "output": 0 if kind == "embedding" else answer.output, "cached": answer.cached,
            "seconds": round(time.time() - started, 4),
        }) + "\n")

    if fault == "hang":
        record("hang")
        await client_left_within(receive, 60)
        return None
    if await client_left_within(receive, directive.get("delay", 0) / 1000):
        return record("abandoned")
    if isinstance(fault, int) and fault != 200:
        record(fault)
        return await send_json(send, fault, error_body(kind, fault))
    if kind == "embedding":
        record(200)
        texts = body.get("input")
        return await send_json(send, 200, answer.embedding(
            len(texts) if isinstance(texts, list) else 1))
    if not stream:
        record(200)
        return await send_json(send, 200, answer.whole())
    try:
        complete = await send_stream(send, receive, answer, body, directive, fault)
    except StreamCut:
        record(fault)
        raise
    record(200 if complete else "abandoned")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="critical", access_log=False)
