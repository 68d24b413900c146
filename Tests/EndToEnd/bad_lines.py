"""Lines that must be rejected, by the reason; and labels that clients may try."""

import json
import time
import uuid


def request(**changes):
    """A good request; a field that is changed to None is left out."""
    now = round(time.time(), 6)
    line = {"v": 1, "kind": "request", "id": str(uuid.uuid4()), "start": now - 1, "end": now,
            "outcome": "success", "route": "gpt-4o", "served_route": "gpt-4o",
            "provider": "openai", "model": "gpt-4o", "deployment": "east",
            "attempt_start": now - 1, "attempts": 1, "retries": 0, "fallbacks": 0,
            "tokens": {"input": 100, "output": 20}, "cost_usd": 0.00045, "cache_hit": False}
    line.update(changes)
    return {name: value for name, value in line.items() if value is not None}


def encode(line):
    return json.dumps(line, separators=(",", ":")).encode()


GOOD = encode(request())
NOW = time.time()

BAD = {
    "not_json": [
        b"{", b'{"v":1,', GOOD[:-1], GOOD[:100], GOOD + GOOD, GOOD + b" x", b"some words",
        b"{'v':1}", b"\xff\xfe\x00\x01\x02", b"\x00" * 4096, bytes(range(11, 256)) * 20,
        b'{"kind":' * 5000 + b"1" + b"}" * 4999, GOOD.replace(b'"gpt-4o"', b'"gpt\xff4o"', 1),
        b"\x1f\x8b\x08" + bytes(range(16, 100)),
    ],
    "not_object": [b"[]", b"[" * 50_000, b"[" + GOOD + b"]", b"123", b'"text"', b"null", b"true",
                   b"-1.5e9"],
    "unknown_kind": [
        b"{}", b'{"hello":"world"}', encode(request(kind="other")), encode(request(v=2)),
        encode(request(v="1")), encode(request(kind=5)), encode(request(kind=None)),
        b'{"deep":' * 5000 + b"1" + b"}" * 5000,
    ],
    "bad_value": [encode(request(**changes)) for changes in (
        {"id": None}, {"id": ""}, {"id": 5}, {"id": ["x"]}, {"outcome": None},
        {"outcome": "won"}, {"outcome": 1}, {"provider": {}}, {"model": ["gpt-4o"]},
        {"stream": "yes"}, {"attempts": -1}, {"attempts": "2"}, {"cost_usd": "0.1"},
        {"cost_usd": -0.1}, {"cost_usd": 1e7}, {"cost_usd": 1e300}, {"cost_usd": True},
        {"tokens": {"input": -1}}, {"tokens": {"input": 1.5}}, {"tokens": {"input": "12"}},
        {"tokens": {"output": 10**13}}, {"tokens": {"output": 10**30}}, {"overhead": -1},
        {"overhead": 1e18}, {"cache_hit": 1},
    )],
    "bad_time": [encode(request(**changes)) for changes in (
        {"start": None}, {"end": None}, {"start": 0}, {"start": -5}, {"start": "now"},
        {"end": 1e300}, {"start": NOW - 8 * 86400}, {"attempt_start": "soon"},
        {"start": 10**400},
    )] + [encode(request(start=77)).replace(b":77,", b":NaN,")],
    "future": [encode(request(start=NOW + 7200, end=NOW + 7201))],
    "too_long": [encode(request(padding="x" * (3 << 20)))],
}

# What a client sends as power level, and how the label must read: a text, or a condition on it.
HOSTILE = {
    'quote " backslash \\ tab \t': 'quote " backslash \\ tab \t',
    "line\nfeed\rreturn": "line\nfeed\rreturn",
    "nul\x00byte": "nul\ufffdbyte",
    "half a pair \ud800": "half a pair \\ud800",
    '"} 1\nllm_cost_total{provider="x"} 1e9\n#': '"} 1\nllm_cost_total{provider="x"} 1e9\n#',
    "right-to-left \u202e": "right-to-left \u202e",
    "\u6771\u4eac \U0001f680": "\u6771\u4eac \U0001f680",
    "x" * 100_000: "x" * 128,
    "\U0001f680" * 100: "\U0001f680" * 32,
    "someone@example.com": "h:",
    "192.168.7.1": "h:",
    "2001:db8::1": "h:",
    "sk-" + "a1b2c3d4" * 5: "h:",
    "None": "none",
    "null": "none",
    "": "none",
}
