-- LiteLLM's own migrations, applied to PostgreSQL 15 and read back from its catalogue.
CREATE TABLE "LiteLLM_SpendLogs" (
    "request_id" text NOT NULL,
    "call_type" text NOT NULL,
    "api_key" text NOT NULL DEFAULT ''::text,
    "spend" double precision NOT NULL DEFAULT 0.0,
    "total_tokens" integer NOT NULL DEFAULT 0,
    "prompt_tokens" integer NOT NULL DEFAULT 0,
    "completion_tokens" integer NOT NULL DEFAULT 0,
    "startTime" timestamp(3) without time zone NOT NULL,
    "endTime" timestamp(3) without time zone NOT NULL,
    "completionStartTime" timestamp(3) without time zone,
    "model" text NOT NULL DEFAULT ''::text,
    "model_id" text DEFAULT ''::text,
    "model_group" text DEFAULT ''::text,
    "custom_llm_provider" text DEFAULT ''::text,
    "api_base" text DEFAULT ''::text,
    "user" text DEFAULT ''::text,
    "metadata" jsonb DEFAULT '{}'::jsonb,
    "cache_hit" text DEFAULT ''::text,
    "cache_key" text DEFAULT ''::text,
    "request_tags" jsonb DEFAULT '[]'::jsonb,
    "team_id" text,
    "end_user" text,
    "requester_ip_address" text,
    "messages" jsonb DEFAULT '{}'::jsonb,
    "response" jsonb DEFAULT '{}'::jsonb,
    "proxy_server_request" jsonb DEFAULT '{}'::jsonb,
    "session_id" text,
    "status" text,
    "mcp_namespaced_tool_name" text,
    "organization_id" text,
    "agent_id" text,
    "request_duration_ms" integer,
    "created_at" timestamp(3) without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" timestamp(3) without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "litellm_call_id" text,
    "billing_agent_id" text,
    CONSTRAINT "LiteLLM_SpendLogs_pkey" PRIMARY KEY (request_id)
);
CREATE INDEX "LiteLLM_SpendLogs_startTime_idx" ON public."LiteLLM_SpendLogs" USING btree ("startTime");
CREATE INDEX "LiteLLM_SpendLogs_end_user_idx" ON public."LiteLLM_SpendLogs" USING btree (end_user);
CREATE INDEX "LiteLLM_SpendLogs_session_id_idx" ON public."LiteLLM_SpendLogs" USING btree (session_id);
CREATE INDEX "LiteLLM_SpendLogs_startTime_request_id_idx" ON public."LiteLLM_SpendLogs" USING btree ("startTime", request_id);
