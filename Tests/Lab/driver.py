"""Sends a seeded workload through the proxy; the outcome of each request is known beforehand.

    driver.py REQUESTS CONCURRENCY OUT [SEED]

Writes OUT/clients.jsonl: what was planned, and what the client saw.
LAB_SCENARIOS=ok,retry,...  only these, evenly; "all" for each alike
LAB_RATE=2.5                arrivals per second at random times, not as fast as possible
LAB_LATENCY=20              multiplies the delays of the upstream
LAB_OUTAGE=claude,50,85     a deployment answers 503 from that second to that
LAB_PREFIX=x                begins the requests' ids, so that two runs can share one log
"""

import asyncio
import json
import os
import random
import sys
import time
import uuid

import aiohttp

PROXY = f"http://127.0.0.1:{os.environ.get('LAB_PROXY_PORT', '4000')}"
LATENCY = float(os.environ.get("LAB_LATENCY", "1"))
RATE = float(os.environ.get("LAB_RATE", "0"))

SCENARIOS = {
    "ok": 38, "stream": 20, "embed": 8, "cache": 5, "messages": 2, "messages_stream": 1,
    "unpriced": 1, "retry": 4, "embed_retry": 0.5, "messages_retry": 0.5,
    "claude_to_gpt": 5, "claude_to_gemini": 1, "gemini_to_flash": 2, "stream_fallback": 1,
    "exhausted": 2, "refused_401": 1, "refused_400": 1, "refused_429": 1, "failed_500": 1,
    "timeout": 0.3, "cut": 0.5, "bad_key": 1, "unknown_model": 1,
    "leave_stream": 0.7, "leave_waiting": 0.3,
}
ROUTES = {"claude-sonnet": 30, "gpt-4o": 30, "gemini-pro": 12, "gemini-flash": 15,
          "llama-free": 8, "groq-llama": 5}
POWER_LEVELS = ("eco", "balanced", "precision", None)
HEADERS = ("call-id", "model-id", "model-group", "response-cost", "cache-key",
           "attempted-retries", "attempted-fallbacks")
ANY = "*"


def plan(rng, number, prefix):
    """One request. `faults` is what the upstream is told to do to it."""
    weights = SCENARIOS
    chosen = os.environ.get("LAB_SCENARIOS")
    if chosen:
        weights = dict.fromkeys(SCENARIOS if chosen == "all" else chosen.split(","), 1)
    scenario = rng.choices(list(weights), list(weights.values()))[0]
    error = rng.choice((500, 503, 429))
    given = rng.randint(20, 4000)
    request = {
        "number": number, "id": f"{prefix}-{number}", "scenario": scenario, "api": "chat",
        "route": rng.choices(list(ROUTES), list(ROUTES.values()))[0], "stream": False,
        "faults": {}, "key": f"sk-key-{rng.randrange(12)}", "power": rng.choice(POWER_LEVELS),
        "end_user": f"cust-{rng.randrange(40)}" if rng.random() < 0.6 else None,
        "tags": rng.sample(("ci", "chat", "batch", "agent"), rng.randrange(3)),
        "input": given, "output": rng.randint(5, 800), "cached": rng.choice((0, 0, given // 2)),
        "reasoning": 0, "delay": rng.choice((0, 5, 20, 60)), "chunks": 5, "gap": 2,
        "include_usage": number % 2 == 1, "power_header": False, "call_id": None,
    }
    two_gpts = {"gpt-east": [503], "gpt-azure": [503]}
    changes = {
        "stream": {"stream": True},
        "embed": {"api": "embeddings", "route": "embed-small"},
        "cache": {"route": "gpt-4o", "id": f"{prefix}-cache-{rng.randrange(8)}", "input": 500,
                  "output": 100, "cached": 0, "delay": 5, "end_user": None, "tags": [],
                  "power": None},
        "messages": {"api": "messages", "route": "claude-sonnet", "end_user": None,
                     "power_header": number % 2 == 1},
        "messages_stream": {"api": "messages", "route": "claude-sonnet", "end_user": None,
                            "stream": True},
        "unpriced": {"route": "private"},
        "retry": {"route": rng.choice(("claude-sonnet", "gemini-flash", "groq-llama")),
                  "faults": {ANY: [error, 200]}},
        "embed_retry": {"api": "embeddings", "route": "embed-small",
                        "faults": {ANY: [error, 200]}},
        "messages_retry": {"api": "messages", "end_user": None, "cached": 0,
                           "route": rng.choice(("gpt-4o-mini", "claude-sonnet")),
                           "faults": {ANY: [error, 200]}},
        "claude_to_gpt": {"route": "claude-sonnet", "faults": {"claude": [error]}},
        "claude_to_gemini": {"route": "claude-sonnet", "faults": {"claude": [error], **two_gpts}},
        "gemini_to_flash": {"route": "gemini-pro", "faults": {"gemini-pro": [error]}},
        "stream_fallback": {"route": "claude-sonnet", "faults": {"claude": [error]},
                            "stream": True},
        "exhausted": {"route": "gpt-4o-mini", "faults": {ANY: [error]}},
        "refused_401": {"route": "gemini-flash", "faults": {ANY: [401]}},
        "refused_400": {"route": "gpt-4o", "faults": {ANY: [400]}},
        "refused_429": {"route": "gpt-4o", "faults": {ANY: [429]}},
        "failed_500": {"route": "gpt-4o", "faults": {ANY: [500]}},
        "timeout": {"route": "gpt-4o", "faults": {ANY: ["hang"]}},
        "cut": {"route": "groq-llama", "faults": {ANY: ["cut"]}, "stream": True},
        "bad_key": {"key": "sk-wrong-key"},
        "unknown_model": {"route": "no-such-model"},
        "leave_stream": {"route": "gpt-4o", "stream": True, "chunks": 80, "gap": 25,
                         "include_usage": True},
        # It will see no response header, so it brings its own call id to be found by.
        "leave_waiting": {"route": "gpt-4o", "delay": 5000,
                          "call_id": str(uuid.UUID(int=rng.getrandbits(128), version=4))},
    }
    request.update(changes.get(scenario, {}))
    if LATENCY != 1 and scenario not in ("leave_stream", "leave_waiting", "cache"):
        request["delay"] = round(request["delay"] * LATENCY * rng.uniform(0.7, 1.3))
        request["gap"] = min(request["gap"] * LATENCY, 120)
    return request


def outage(second):
    deployment, begin, end = os.environ.get("LAB_OUTAGE", "none,0,0").split(",")
    return {deployment: [503]} if int(begin) <= second < int(end) else {}


def body_of(request):
    directive = {name: request[name] for name in
                 ("id", "input", "output", "cached", "delay", "faults", "chunks", "gap")}
    prompt = f"question {request['id']} @@{json.dumps(directive, separators=(',', ':'))}@@"
    body = {"model": request["route"]}
    metadata = {"tags": request["tags"]}
    if request["power"] and not request["power_header"]:
        metadata["power_level"] = request["power"]
    if request["api"] == "embeddings":
        body.update(input=prompt, metadata=metadata)
    else:
        body.update(messages=[{"role": "user", "content": prompt}])
        if request["api"] == "messages":
            body.update(max_tokens=1000, litellm_metadata=metadata)
        else:
            body.update(metadata=metadata)
        if request["stream"]:
            body.update(stream=True)
            if request["api"] == "chat":
                body.update(stream_options={"include_usage": request["include_usage"]})
    if request["end_user"]:
        body["user"] = request["end_user"]
    if request["scenario"] == "cache":
        body.update(cache={"use-cache": True}, metadata={})
    return body


def headers_of(request):
    headers = {"Authorization": "Bearer " + request["key"]}
    if request["power"] and request["power_header"]:
        headers["x-power-level"] = request["power"]
    if request["call_id"]:
        headers["x-litellm-call-id"] = request["call_id"]
    return headers


async def read_stream(request, response, seen):
    chunks, last = 0, b""
    async for line in response.content:
        if not line.startswith(b"data:"):
            continue
        chunks, last = chunks + 1, line
        if b'"error"' in line:
            seen["stream_error"] = line[:200].decode()
        if b'"usage"' in line:
            try:
                seen["usage"] = json.loads(line[5:]).get("usage") or seen.get("usage")
            except ValueError:
                pass
        if request["scenario"] == "leave_stream" and chunks == 8:
            response.close()
            seen["left"] = True
            return
    seen["chunks"] = chunks
    seen["complete"] = b"[DONE]" in last or b"message_stop" in last


async def send(session, request):
    path = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings",
            "messages": "/v1/messages"}[request["api"]]
    headers = headers_of(request)
    seen = {**request, "sent": time.time()}
    try:
        async with session.post(PROXY + path, json=body_of(request), headers=headers) as response:
            seen["status"] = response.status
            for name in HEADERS:
                value = response.headers.get("x-litellm-" + name)
                if value is not None:
                    seen[name.replace("-", "_")] = value
            if request["stream"] and response.status == 200:
                await read_stream(request, response, seen)
            else:
                answer = await response.json(content_type=None)
                seen["usage"] = answer.get("usage")
                if response.status != 200:
                    seen["error"] = json.dumps(answer)[:200]
    except aiohttp.ClientError as error:
        seen["broken"] = type(error).__name__
    seen["seconds"] = time.time() - seen["sent"]
    return seen


async def send_and_leave(session, request):
    sent = time.time()
    task = asyncio.create_task(send(session, request))
    await asyncio.sleep(1.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return {**request, "sent": sent, "left": True, "seconds": time.time() - sent}


async def main():
    total, concurrency, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    rng = random.Random(seed)
    prefix = os.environ.get("LAB_PREFIX", f"w{seed}")
    requests = iter([plan(rng, number, prefix) for number in range(total)])
    started, statuses = time.time(), {}
    clients = open(f"{out}/clients.jsonl", "a", encoding="utf-8")

    async def one(session, request):
        leaves = request["scenario"] == "leave_waiting"
        if request["scenario"] in ("ok", "stream"):
            request["faults"] = outage(time.time() - started)
        seen = await (send_and_leave if leaves else send)(session, request)
        clients.write(json.dumps(seen) + "\n")
        status = "left" if seen.get("left") else seen.get("status")
        statuses[status] = statuses.get(status, 0) + 1

    async def worker(session):
        for request in requests:
            await one(session, request)

    timeout = aiohttp.ClientTimeout(total=180)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        if RATE:
            tasks = []
            for request in requests:
                tasks.append(asyncio.create_task(one(session, request)))
                await asyncio.sleep(rng.expovariate(RATE))
            await asyncio.gather(*tasks)
        else:
            await asyncio.gather(*(worker(session) for _ in range(concurrency)))
    clients.close()
    elapsed = time.time() - started
    print(f"{total} requests in {elapsed:.0f} s, by status: "
          + ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items(), key=str)))


asyncio.run(main())
