"""A log of LiteLLM's StandardLoggingPayload: its keys, their order, their sizes, its decoys.

    payload_log.py LINES OUT

About 3.2 kB a line with prompts and answers, as Python's json writes it. The same seed each time,
but the times end now.
"""

import json
import random
import sys
import time

PROVIDERS = [
    ("openai", "https://api.openai.com/v1", ["gpt-5", "gpt-5-mini", "gpt-4o", "gpt-4o-mini"]),
    ("anthropic", "https://api.anthropic.com", ["claude-sonnet-4-5", "claude-haiku-4-5"]),
    ("azure", "https://eastus2.openai.azure.com", ["gpt-4o-azure", "gpt-5-azure"]),
    ("bedrock", "https://bedrock-runtime.us-east-1.amazonaws.com", ["llama3-70b-instruct-v1:0"]),
    ("vertex_ai", "https://us-central1-aiplatform.googleapis.com", ["gemini-2.5-pro"]),
]
MODELS = [(name, base, model) for name, base, models in PROVIDERS for model in models]
LEVELS = ("eco", "balanced", "precision")
ERRORS = [("429", "RateLimitError", "Rate limit reached for requests"),
          ("408", "Timeout", "Request timed out."),
          ("500", "InternalServerError", "The server had an error"),
          ("401", "AuthenticationError", "Incorrect API key provided")]
WORDS = ("the a model request latency token provider budget \"quoted\" path\\to caf\u00e9 "
         "\u6771\u4eac \U0001F680 function return value error stream chunk summarise contract "
         "invoice total explain why system prompt answer json {\"status\": \"failure\"} list of "
         "items and \n new line\ttab cost centre quarter report region ticket priority").split(" ")
RATE = 40


class PayloadLog:
    def __init__(self, lines, seed=1):
        self.random = random.Random(seed)
        self.now = time.time() - lines / RATE
        self.deployments = [self.hexadecimal(64) for _ in MODELS]
        self.keys = [(self.hexadecimal(64), f"key-{number:05d}", f"team-{number % 25:03d}",
                      f"user-{number % 251:05d}") for number in range(500)]
        # Slices of one long text: cheap to make.
        self.text = " ".join(self.random.choice(WORDS) for _ in range(60_000))

    def hexadecimal(self, digits):
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def one_of(self, items):
        """Early ones often, late ones seldom."""
        return min(int(self.random.expovariate(3 / len(items))), len(items) - 1)

    def conversation(self):
        length = min(int(180 * self.random.lognormvariate(-0.5, 1)), 60_000)
        start = self.random.randrange(len(self.text) - length)
        text = self.text[start:start + length]
        return text[:length * 3 // 5], text[length * 3 // 5:]

    def metadata(self, level, prompt, answer):
        key, alias, team, user = self.keys[self.one_of(self.keys)]
        requester = {"power_level": level, "app": "chat", "trace_hint": self.hexadecimal(16)}
        return {
            "user_api_key_hash": key, "user_api_key_alias": alias, "user_api_key_spend": 12.5,
            "user_api_key_max_budget": None, "user_api_key_org_id": None,
            "user_api_key_team_id": team, "user_api_key_user_id": user,
            "user_api_key_user_email": None, "user_api_key_team_alias": team.upper(),
            "user_api_key_end_user_id": None, "user_api_key_request_route": "/chat/completions",
            "spend_logs_metadata": None, "requester_ip_address": "10.0.7.9",
            "user_agent": "OpenAI/Python 1.99.1", "requester_metadata": requester,
            "requester_custom_headers": {}, "applied_guardrails": [],
            "usage_object": {"total_tokens": prompt + answer, "prompt_tokens": prompt,
                             "completion_tokens": answer}}

    def next(self):
        rng = self.random
        number = self.one_of(MODELS)
        provider, base, model = MODELS[number]
        self.now += rng.expovariate(RATE)
        start, seconds = self.now, rng.lognormvariate(0.6, 0.9)
        failed = rng.random() < 0.03
        status = "failure" if failed else "success"
        level = rng.choice(LEVELS)
        prompt, answer = int(rng.lognormvariate(6.3, 1)), int(rng.lognormvariate(5, 1))
        answer = 0 if failed else answer
        costs = (0.0, 0.0) if failed else (prompt * 2.5e-06, answer * 1e-05)
        question, reply = self.conversation()
        identifier, call = "chatcmpl-" + self.hexadecimal(32), self.hexadecimal(32)
        code, error, message = rng.choice(ERRORS)
        usage = {"completion_tokens": answer, "prompt_tokens": prompt,
                 "total_tokens": prompt + answer}
        return {
            "id": identifier, "litellm_call_id": call, "trace_id": self.hexadecimal(32),
            "session_id": self.hexadecimal(32), "call_type": "acompletion", "cache_hit": False,
            "stream": rng.random() < 0.6, "status": status,
            "status_fields": {"llm_api_status": status, "guardrail_status": "not_run"},
            "custom_llm_provider": provider, "saved_cache_cost": 0.0,
            "startTime": round(start, 6), "endTime": round(start + seconds, 6),
            "completionStartTime": round(start + seconds * rng.uniform(0.1, 0.6), 6),
            "response_time": round(seconds, 6), "model": model,
            "metadata": self.metadata(level, prompt, answer), "cache_key": None,
            "response_cost": sum(costs),
            "cost_breakdown": {"input_cost": costs[0], "output_cost": costs[1],
                               "total_cost": sum(costs), "tool_usage_cost": 0.0},
            "total_tokens": prompt + answer, "prompt_tokens": prompt, "completion_tokens": answer,
            "request_tags": ["env:prod", "User-Agent: OpenAI"], "end_user": "", "api_base": base,
            "model_group": model, "model_id": self.deployments[number],
            "requester_ip_address": "10.0.7.9", "user_agent": "OpenAI/Python 1.99.1",
            "messages": [{"role": "system", "content": "You are a helpful assistant."},
                         {"role": "user", "content": question}],
            "response": {} if failed else {
                "id": identifier, "created": int(start), "model": model,
                "object": "chat.completion", "choices": [
                    {"finish_reason": "stop", "index": 0, "message": {
                        "content": reply, "role": "assistant", "tool_calls": None}}],
                "usage": usage},
            "model_parameters": {"temperature": 0.7, "max_tokens": 1024},
            "hidden_params": {
                "model_id": self.deployments[number], "cache_key": None, "api_base": base,
                "response_cost": sum(costs), "litellm_overhead_time_ms": 3.25,
                "additional_headers": None},
            "model_map_information": {"model_map_key": model, "model_map_value": {
                "max_tokens": 16384, "max_input_tokens": 128000,
                "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}},
            "error_str": f"litellm.{error}: {message}" if failed else None,
            "error_information": {
                "error_code": code, "error_class": error, "llm_provider": provider,
                "traceback": "Traceback (most recent call last):\n  File \"/app/x.py\"\n" * 4,
                "error_message": message} if failed else None,
            "response_cost_failure_debug_info": None, "guardrail_information": None,
            "standard_built_in_tools_params": None}


def main():
    lines = int(sys.argv[1])
    payloads = PayloadLog(lines)
    if len(sys.argv) > 3:
        payloads.now -= int(sys.argv[3]) * 86400  # days
    with open(sys.argv[2], "w", encoding="ascii", buffering=1 << 20) as out:
        for _ in range(lines):
            out.write(json.dumps(payloads.next()) + "\n")


if __name__ == "__main__":
    main()
