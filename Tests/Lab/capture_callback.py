"""Writes LiteLLM's own StandardLoggingPayload, one per line, to LAB_PAYLOAD_LOG.

Prompts and answers are left out, all else is as LiteLLM gives it.
"""

import json
import os

from litellm.integrations.custom_logger import CustomLogger


class PayloadCapture(CustomLogger):
    def __init__(self):
        super().__init__()
        self._log = open(os.environ["LAB_PAYLOAD_LOG"], "a", buffering=1, encoding="utf-8")

    def _write(self, kwargs):
        payload = kwargs.get("standard_logging_object")
        if payload is not None:
            kept = {k: v for k, v in payload.items() if k not in ("messages", "response")}
            line = json.dumps(kept, default=str, separators=(",", ":"))
            self._log.write(line + "\n")

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self._write(kwargs)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self._write(kwargs)


capture = PayloadCapture()
