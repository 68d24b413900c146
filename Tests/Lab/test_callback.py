"""The callback without a proxy: hooks in the orders in which LiteLLM calls them.

    python3 -m unittest discover -s Tests/Lab -p 'test_*.py'
"""

import asyncio
import json
import os
import pathlib
import tempfile
import types
import unittest
from unittest import mock

from standalone import import_callback

callback = import_callback()


def error(class_name, message="", **attributes):
    raised = type(class_name, (Exception,), {})(message)
    for name, value in attributes.items():
        setattr(raised, name, value)
    return raised


RATE_LIMITED = error("RateLimitError", "Rate limit reached", status_code=429,
                     category="vendor_rate_limit")
CUT = error("ReadError", "")


class ProxyRequest:
    """Plays LiteLLM's part for one request: the same dictionaries, the same hooks."""

    def __init__(self, logger, call_id="call-1", arrival=1000.5, route="claude", stream=False,
                 body=None, headers=None):
        self.logger = logger
        self.notes = {"model_group": route, "user_api_key_hash": "a" * 64, "attempted_retries": 0}
        self.arrival = {"arrival_time": arrival, "headers": headers or {},
                        "body": {"model": route, "stream": stream, **(body or {})}}
        self.details = {
            "litellm_call_id": call_id, "stream": stream,
            "litellm_params": {"metadata": self.notes, "proxy_server_request": self.arrival},
        }
        self.data = {
            "litellm_call_id": call_id, "proxy_server_request": self.arrival, "stream": stream,
            "metadata": self.notes, "model": route,
            "litellm_logging_obj": types.SimpleNamespace(model_call_details=self.details),
        }

    def route_to(self, route, provider="openai", model="gpt-4o", retry=0, fallback=None):
        self.notes.update(model_group=route, model_info={"id": f"{route}-1"},
                          attempted_retries=retry)
        if fallback:
            self.notes["attempted_fallbacks"] = fallback
        self.details.update(custom_llm_provider=provider, model=f"{provider}/{model}")
        return self

    def call(self):
        self.logger.log_pre_api_call("m", [], self.details)
        return self

    def attempt_fails(self, raised=RATE_LIMITED):
        data = types.MappingProxyType(self.data)
        asyncio.run(self.logger.async_post_call_failure_deployment_hook(data, raised, None))
        return self

    def failure_event(self, raised, end_time=9e9):
        self.details["exception"] = raised
        asyncio.run(self.logger.async_log_failure_event(self.details, None, None, end_time))
        return self

    def payload(self, **changes):
        return {
            "litellm_call_id": "call-1", "trace_id": "t", "startTime": 1001.0, "endTime": 1002.0,
            "completionStartTime": 1001.5, "call_type": "acompletion", "stream": None,
            "model": self.details.get("model"), "model_group": self.notes["model_group"],
            "custom_llm_provider": self.details.get("custom_llm_provider"),
            "model_id": f"{self.notes['model_group']}-1", "prompt_tokens": 7,
            "completion_tokens": 3, "response_cost": 0.25, "cache_hit": None,
            "metadata": {"user_api_key_hash": "a" * 64, "user_api_key_alias": "svc"},
            "hidden_params": {"litellm_overhead_time_ms": 12.5}, "request_tags": [], **changes,
        }

    def succeed(self, **changes):
        self.details["standard_logging_object"] = self.payload(**changes)
        asyncio.run(self.logger.async_log_success_event(self.details, None, None, None))
        return self

    def fail(self, raised, owner=None, **data):
        owner = owner or types.SimpleNamespace(api_key="b" * 64, key_alias="svc")
        asyncio.run(self.logger.async_post_call_failure_hook({**self.data, **data}, raised, owner))
        return self


class CallbackTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "log", "requests.jsonl")
        self.logger = callback.SidelightCallback(str(self.path), meta="power_level, tier")

    def request(self, **how):
        return ProxyRequest(self.logger, **how)

    def lines(self, path=None):
        path = path or self.path
        return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]

    def attempts_and_request(self):
        lines = self.lines()
        self.assertEqual([line["kind"] for line in lines[:-1]], ["attempt"] * (len(lines) - 1))
        self.assertEqual(lines[-1]["kind"], "request")
        return lines[:-1], lines[-1]

    # --- the course of a request ---

    def test_plain_success(self):
        self.request().route_to("claude", "anthropic", "sonnet").call().succeed()
        attempts, line = self.attempts_and_request()
        self.assertEqual(attempts, [])
        self.assertEqual(line["outcome"], "success")
        self.assertEqual((line["provider"], line["model"]), ("anthropic", "sonnet"))
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (1, 0, 0))
        self.assertEqual((line["start"], line["end"]), (1000.5, 1002.0))
        self.assertEqual(line["tokens"]["input"], 7)
        self.assertEqual(line["cost_usd"], 0.25)
        self.assertEqual(line["key"], {"id": "aaaaaaaa", "alias": "svc"})
        self.assertEqual(line["overhead"], 0.0125)
        self.assertNotIn("first_failure", line)
        self.assertNotIn(None, line.values())

    def test_retry(self):
        request = self.request().route_to("claude").call().attempt_fails()
        request.failure_event(RATE_LIMITED, end_time=0).route_to("claude", retry=1).call().succeed()
        attempts, line = self.attempts_and_request()
        self.assertEqual([(a["n"], a["reason"], a["code"], a["class"]) for a in attempts],
                         [(1, "rate_limited", "429", "RateLimitError")])
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (2, 1, 0))
        self.assertEqual(line["first_failure"]["reason"], "rate_limited")
        self.assertNotIn("overhead", line)

    def test_fallback_after_retries(self):
        request = self.request()
        for retry in range(3):
            request.route_to("claude", "anthropic", retry=retry).call().attempt_fails()
        request.route_to("gpt", "azure", fallback=1).call().succeed()
        attempts, line = self.attempts_and_request()
        self.assertEqual([a["n"] for a in attempts], [1, 2, 3])
        self.assertEqual((line["route"], line["served_route"]), ("claude", "gpt"))
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (4, 2, 1))
        self.assertEqual(line["first_failure"]["provider"], "anthropic")

    def test_everything_fails(self):
        request = self.request()
        for number, route in enumerate(("claude", "gpt", "gemini")):
            for retry in range(3):
                request.route_to(route, retry=retry, fallback=number).call().attempt_fails()
        request.fail(RATE_LIMITED)
        attempts, line = self.attempts_and_request()
        self.assertEqual(len(attempts), 9)
        self.assertEqual((line["outcome"], line["reason"]), ("failure", "rate_limited"))
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (9, 6, 2))
        self.assertEqual(line["deployment"], "claude-1")
        self.assertNotIn("tokens", line)

    def test_route_skipped_in_cooldown(self):
        request = self.request()
        request.failure_event(error("RouterRateLimitError", "No deployments available"))
        request.route_to("gpt", fallback=1).call().succeed()
        _, line = self.attempts_and_request()
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (1, 0, 1))
        self.assertEqual(line["first_failure"], {"reason": "no_deployment"})

    def test_all_routes_in_cooldown(self):
        self.request().fail(error("RouterRateLimitError", "No deployments available", code=429))
        _, line = self.attempts_and_request()
        self.assertEqual((line["reason"], line["attempts"]), ("no_deployment", 0))
        self.assertNotIn("provider", line)

    def test_stream_cut(self):
        request = self.request(stream=True).route_to("groq").call().failure_event(CUT)
        payload = request.payload(response_cost=0.5)
        request.fail(error("APIConnectionError", "peer closed connection", status_code=500),
                     standard_logging_object=payload)
        attempts, line = self.attempts_and_request()
        self.assertEqual([(a["reason"], a["class"]) for a in attempts],
                         [("stream_broken", "ReadError")])
        self.assertEqual((line["outcome"], line["reason"]), ("failure", "connection"))
        self.assertEqual(line["first_failure"]["reason"], "stream_broken")
        self.assertEqual((line["cost_usd"], line["tokens"]["output"]), (0.5, 3))

    def test_stream_cut_and_served_by_a_fallback(self):
        request = self.request(stream=True).route_to("groq").call().failure_event(CUT)
        request.route_to("gpt", fallback=1).call().succeed(stream=True)
        attempts, line = self.attempts_and_request()
        self.assertEqual([a["reason"] for a in attempts], ["stream_broken"])
        self.assertEqual((line["attempts"], line["retries"], line["fallbacks"]), (2, 0, 1))
        self.assertGreater(line["attempt_start"], attempts[0]["start"])
        self.assertEqual(line["first_token"], 1001.5)

    def test_second_cut_has_no_error_to_show(self):
        request = self.request(stream=True).route_to("groq").call().failure_event(CUT)
        request.route_to("gpt", fallback=1).call().fail(error("APIError", "", status_code=500))
        attempts, _ = self.attempts_and_request()
        self.assertEqual([a["reason"] for a in attempts], ["stream_broken", "stream_broken"])
        self.assertNotIn("class", attempts[1])

    def test_failure_reported_by_two_apis_counts_once(self):
        request = self.request().route_to("gpt").call().call().attempt_fails().attempt_fails()
        request.route_to("gpt", retry=1).call().succeed()
        attempts, line = self.attempts_and_request()
        self.assertEqual(len(attempts), 1)
        self.assertEqual(line["attempts"], 2)

    def test_failure_before_the_call(self):
        no_credentials = error("AuthenticationError", "no key", status_code=401)
        request = self.request().route_to("claude").attempt_fails(no_credentials)
        request.attempt_fails(no_credentials).route_to("gpt", fallback=1).call().succeed()
        attempts, line = self.attempts_and_request()
        self.assertEqual([a["reason"] for a in attempts], ["credentials"])
        self.assertEqual((line["attempts"], line["fallbacks"]), (2, 1))

    def test_client_leaves_stream(self):
        for place in ("notes", "details"):
            with self.subTest(place):
                request = self.request(call_id=place, stream=True).route_to("gpt").call()
                mark = {"client_disconnected": True}
                if place == "notes":
                    request.notes.update(mark)
                else:
                    request.details["metadata"] = mark
                request.succeed(stream=True)
                line = self.lines()[-1]
                self.assertEqual((line["outcome"], line["attempts"]), ("cancelled", 1))
                self.assertIn("tokens", line)

    def test_waiting_client_leaves(self):
        request = self.request().route_to("gpt", "azure").call()
        gone = error("HTTPException", "499: gone", status_code=499)
        request.details["litellm_no_upstream_llm_call"] = True
        request.call().failure_event(gone).fail(gone)
        attempts, line = self.attempts_and_request()
        self.assertEqual(attempts, [])
        self.assertEqual((line["outcome"], line["attempts"]), ("cancelled", 1))
        self.assertEqual((line["provider"], line["deployment"]), ("azure", "gpt-1"))
        self.assertIn("attempt_start", line)
        self.assertNotIn("reason", line)

    def test_cache_hit(self):
        self.request().route_to("gpt").succeed(cache_hit=True, response_cost=0.0,
                                               saved_cache_cost=0.75)
        _, line = self.attempts_and_request()
        self.assertEqual((line["cache_hit"], line["attempts"], line["retries"]), (True, 0, 0))
        self.assertEqual((line["saved_usd"], line["cost_usd"]), (0.75, 0.0))
        self.assertNotIn("attempt_start", line)

    def test_one_line_whatever_is_reported(self):
        request = self.request().route_to("gpt").call().succeed()
        request.succeed().fail(RATE_LIMITED).attempt_fails().call()
        self.assertEqual(len(self.lines()), 1)

    def test_same_call_id_twice(self):
        self.request(arrival=1000.5).route_to("gpt").call().succeed()
        self.request(arrival=1001.5).route_to("gpt").call().succeed()
        self.assertEqual([line["start"] for line in self.lines()], [1000.5, 1001.5])

    # --- what is no request, and what is refused ---

    def test_health_check_writes_nothing(self):
        request = self.request().route_to("gpt")
        request.details["litellm_params"]["proxy_server_request"] = None
        request.data["proxy_server_request"] = None
        request.call().attempt_fails().failure_event(RATE_LIMITED).succeed()
        self.assertFalse(self.path.exists())

    def refuse(self, raised, path, **data):
        owner = types.SimpleNamespace(api_key="sk-wrong", request_route=path)
        data = {"proxy_server_request": None, "model": None, "metadata": {}, **data}
        self.request().fail(raised, owner, **data)

    def test_rejected_key(self):
        rejected = error("ProxyException", "", code="401", type="auth_error")
        self.refuse(rejected, "/v1/chat/completions", model="claude")
        _, line = self.attempts_and_request()
        self.assertEqual((line["reason"], line["code"]), ("key_rejected", "401"))
        self.assertEqual(line["attempts"], 0)
        self.assertNotIn("provider", line)
        self.assertNotIn("sk-wrong", self.path.read_text())
        self.assertEqual(len(line["key"]["id"]), 8)

    def test_refused_administration_is_no_request(self):
        rejected = error("ProxyException", "", code="401", type="auth_error")
        for path in ("/health", "/v1/models", "/key/generate"):
            self.refuse(rejected, path)
        self.assertFalse(self.path.exists())
        self.refuse(rejected, "/v1/embeddings")
        self.assertEqual(len(self.lines()), 1)

    # --- fields ---

    def test_metadata_and_its_precedence(self):
        headers = {"x-power-level": "header", "x-tier": "header"}
        places = {
            "body": {"body": {"metadata": {"power_level": "body"}}, "headers": headers},
            "litellm": {"body": {"litellm_metadata": {"power_level": "litellm"}}},
            "header": {"headers": headers},
        }
        for expected, how in places.items():
            with self.subTest(expected):
                request = self.request(call_id=expected, **how).route_to("gpt").call()
                request.notes["user_api_key_metadata"] = {"tier": "key", "power_level": "key"}
                request.succeed()
                meta = self.lines()[-1]["meta"]
                self.assertEqual(meta["power_level"], expected)
                self.assertEqual(meta["tier"], "header" if "headers" in how else "key")

    def test_odd_metadata_is_left_out(self):
        for number, value in enumerate(({}, [], "", None)):
            body = {"metadata": {"power_level": value}}
            self.request(call_id=str(number), body=body).route_to("gpt").call().succeed()
            self.assertNotIn("meta", self.lines()[-1])
        self.request(body={"metadata": {"power_level": True}}).route_to("gpt").call().succeed()
        self.assertEqual(self.lines()[-1]["meta"], {"power_level": "true"})

    def test_cost_of_zero(self):
        for key, expected in (("priced", 0.0), ("unpriced", None), ("nowhere", None)):
            sheet = {"model_map_value": {"key": key}}
            request = self.request(call_id=key).route_to("gpt").call()
            request.succeed(response_cost=0.0, model_map_information=sheet)
            self.assertEqual(self.lines()[-1].get("cost_usd"), expected)

    def test_rate_limit_is_the_providers(self):
        headers = {"llm_provider-x-ratelimit-remaining-requests": "9",
                   "llm_provider-anthropic-ratelimit-tokens-limit": "100",
                   "x_ratelimit_remaining_tokens": 5}
        self.request().route_to("gpt").call().succeed(
            hidden_params={"additional_headers": headers})
        self.assertEqual(self.lines()[-1]["rate_limit"],
                         {"remaining_requests": 9, "limit_tokens": 100})

    def test_tags_and_long_texts(self):
        self.request(body={"model": "x" * 5000}).route_to("gpt").call().succeed(
            request_tags=["ci", "User-Agent: Python", 5])
        line = self.lines()[-1]
        self.assertEqual(line["tags"], ["ci"])
        self.assertEqual(len(line["route"]), callback.MAX_TEXT)

    def test_reasons(self):
        reasons = (
            ("overloaded", "InternalServerError", "AnthropicException - Overloaded", 500),
            ("server_error", "InternalServerError", "The server had an error", 500),
            ("connection", "InternalServerError", "Connection error.", 500),
            ("timeout", "Timeout", "", 408), ("timeout", "APIError", "", 504),
            ("overloaded", "ServiceUnavailableError", "", 503), ("overloaded", "E", "", 529),
            ("credentials", "AuthenticationError", "", 401), ("credentials", "APIError", "", 403),
            ("invalid_request", "BadRequestError", "timed out", 400),
            ("context_window", "BadRequestError", "context length exceeded", 400),
            ("content_policy", "ContentPolicyViolationError", "", 400),
            ("not_found", "NotFoundError", "", 404), ("unknown", "APIError", "", 200),
            ("unknown", "StrangeError", "", None),
        )
        for reason, name, message, code in reasons:
            with self.subTest(reason, name=name):
                found = callback.classify(error(name, message, status_code=code))
                self.assertEqual(found.reason, reason)
        own_limit = error("RateLimitError", "", status_code=429, category="key_limit")
        self.assertEqual(callback.classify(own_limit).reason, "quota_exceeded")

    def test_reasons_of_refusals(self):
        reasons = (
            ("quota_exceeded", "HTTPException", {"status_code": 429}),
            ("key_rejected", "ProxyException", {"code": "403", "type": "key_model_access_denied"}),
            ("key_rejected", "ProxyException", {"code": "400", "type": "no_db_connection"}),
            ("budget_exceeded", "BudgetExceededError", {"status_code": 429}),
            ("budget_exceeded", "ProxyException", {"code": "400", "type": "budget_exceeded"}),
            ("unknown_model", "ProxyModelNotFoundError", {"code": "400"}),
            ("blocked", "GuardrailRaisedException", {}),
            ("internal", "KeyError", {}),
        )
        for reason, name, attributes in reasons:
            with self.subTest(reason, name=name):
                found = callback.classify(error(name, "", **attributes), refused=True)
                self.assertEqual(found.reason, reason)

    # --- the file ---

    def answer(self, call_id):
        self.request(call_id=call_id).route_to("gpt").call().succeed()

    def expect_new_file(self):
        self.logger._writer._next_check = 0.0  # as if the pause between two checks were over

    def test_follows_a_renamed_file(self):
        self.answer("one")
        moved = self.path.with_suffix(".1")
        self.path.rename(moved)
        self.expect_new_file()
        self.answer("two")
        self.assertEqual([line["id"] for line in self.lines(moved)], ["one"])
        self.assertEqual([line["id"] for line in self.lines()], ["two"])

    def test_follows_a_deleted_folder(self):
        self.answer("one")
        self.path.unlink()
        self.path.parent.rmdir()
        self.expect_new_file()
        self.answer("two")
        self.assertEqual([line["id"] for line in self.lines()], ["two"])

    def test_torn_and_lost_lines_are_told(self):
        real_write = os.write
        self.answer("one")
        with mock.patch.object(callback.os, "write", lambda fd, data: real_write(fd, data[:20])):
            self.answer("torn")
        with mock.patch.object(callback.os, "write", side_effect=OSError(28, "no space")):
            self.answer("lost")
        self.answer("two")
        self.answer("three")
        whole, torn, *rest = self.path.read_text().splitlines()
        self.assertEqual(len(torn), 20)
        self.assertEqual(json.loads(whole)["id"], "one")
        told = [json.loads(line) for line in rest]
        self.assertEqual([(line["id"], line.get("dropped")) for line in told],
                         [("two", 2), ("three", None)])

    def test_unwritable_path_never_raises(self):
        blocked = self.path.parent
        blocked.parent.joinpath("log").write_text("a file where the folder should be")
        self.answer("lost")
        blocked.unlink()
        self.expect_new_file()
        self.answer("two")
        self.assertEqual(self.lines()[-1]["dropped"], 1)

    def test_pipe_without_a_reader_does_not_block(self):
        self.path.parent.mkdir()
        os.mkfifo(self.path)
        self.answer("lost")
        self.path.unlink()
        self.expect_new_file()
        self.answer("two")
        self.assertEqual(self.lines()[-1]["dropped"], 1)

    def test_own_errors_are_lost_lines(self):
        odd = self.request(call_id="odd").route_to("gpt").call()
        odd.succeed(metadata=5, prompt_tokens=object())
        asyncio.run(self.logger.async_log_success_event(None, None, None, None))
        self.answer("two")
        self.assertEqual(self.lines()[-1]["dropped"], 2)

    def test_state_is_bounded(self):
        with mock.patch.object(callback, "MAX_LIVE_REQUESTS", 10), \
                mock.patch.object(callback, "MAX_FINISHED_REQUESTS", 10):
            for number in range(50):
                self.request(call_id=f"open-{number}").route_to("gpt").call()
                self.request(call_id=f"done-{number}").route_to("gpt").call().succeed()
        self.assertLessEqual(len(self.logger._requests._live), 10)
        self.assertLessEqual(len(self.logger._requests._finished), 10)


if __name__ == "__main__":
    unittest.main()
