"""Asks Sidelight's gate before each call of the LiteLLM proxy, and turns clients away with 429 and
Retry-After once a budget is spent. Put the file beside the proxy's config.yaml and name it there:

    litellm_settings:
      callbacks: ["sidelight_callback.sidelight", "sidelight_gate.gate"]

SIDELIGHT_GATE (http://127.0.0.1:4010/gate) asks all budgets; with /NAME behind it, one of them.
SIDELIGHT_GATE_TOKEN is the token of web.token_file, where Sidelight is on another machine.
While Sidelight does not answer, requests pass.
"""

import os

import httpx
from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger

URL = os.environ.get("SIDELIGHT_GATE", "http://127.0.0.1:4010/gate")
TOKEN = os.environ.get("SIDELIGHT_GATE_TOKEN")


class Gate(CustomLogger):
    def __init__(self):
        super().__init__()
        headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
        self.client = httpx.AsyncClient(headers=headers, timeout=0.5)

    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        # LiteLLM holds the key's hash, of which Sidelight knows the first 8 digits.
        who = {
            "key": (user_api_key_dict.api_key or "")[:8],
            "team": user_api_key_dict.team_alias or user_api_key_dict.team_id,
            "user": user_api_key_dict.user_id,
            "route": data.get("model"),
        }
        try:
            answer = await self.client.get(URL, params={name: who[name] for name in who if who[name]})
        except httpx.HTTPError:
            return data
        if answer.status_code == 429:
            raise HTTPException(
                status_code=429, detail=answer.json()["error"]["message"],
                headers={"Retry-After": answer.headers["Retry-After"]})
        return data


gate = Gate()
