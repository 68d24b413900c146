/// Lines as the callback and LiteLLM write them.
enum LogLine {
  static func native(_ id: String, end: Int, model: String = "gpt-4o") -> String {
    """
    {"v":1,"kind":"request","id":"\(id)","start":\(end - 2),"end":\(end),"outcome":"success",\
    "route":"r","served_route":"r","provider":"openai","model":"\(model)","attempts":1,\
    "tokens":{"input":10,"output":5},"cost_usd":0.001,"key":{"id":"7b5b1709","alias":"svc"}}

    """
  }

  static func payload(_ id: String, end: Int) -> String {
    """
    {"id":"\(id)-s","litellm_call_id":"\(id)","status":"success","startTime":\(end - 1),\
    "endTime":\(end),"model_group":"gpt","custom_llm_provider":"openai","model":"gpt-4o",\
    "prompt_tokens":10,"completion_tokens":5,"response_cost":0.002}

    """
  }

  static func failure(_ id: String, end: Int) -> String {
    """
    {"id":"\(id)-f","litellm_call_id":"\(id)","status":"failure","startTime":\(end - 1),\
    "endTime":\(end),"model_group":"claude","custom_llm_provider":"anthropic",\
    "model":"claude-sonnet","error_information":{"error_code":"429",\
    "error_class":"RateLimitError"}}

    """
  }
}
