"""Stands in for LiteLLM's key database: sk-key-<n> is a key with a fixed alias, user and team."""

import os

from fastapi import Request
from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth

TEAMS = ("search", "support", "growth")


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    if api_key == os.environ["LITELLM_MASTER_KEY"]:
        return UserAPIKeyAuth(
            api_key=api_key, key_alias="master", user_id="default_user_id",
            user_role=LitellmUserRoles.PROXY_ADMIN,
        )
    if api_key.startswith("sk-key-"):
        number = int(api_key.rsplit("-", 1)[1])
        team = TEAMS[number % len(TEAMS)]
        return UserAPIKeyAuth(
            api_key=api_key, key_alias=f"svc-{number}", user_id=f"user-{number}",
            team_id=f"team-{team}", team_alias=team, org_id="org-1",
            user_role=LitellmUserRoles.INTERNAL_USER,
        )
    raise ProxyException(
        message="Authentication Error, invalid key", type="auth_error", param="key", code=401
    )
