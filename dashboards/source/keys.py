"""Who uses the proxy: keys, teams, users and tags."""

import grafana as g
from common import CROSSINGS, TARGET, over_range, rate

KEY = TARGET + ',key=~"$key",team=~"$team"'
ONLY_KEY = TARGET + ',key=~"$key"'
TEAM = TARGET + ',team=~"$team"'
FAILURE = ',status="failure"'
OPTIONAL = "Only if labels.attribution in the configuration names it."


def build():
    keys = g.row(
        "Keys",
        g.series("Requests by key", "A key that the proxy rejected is attributed to nobody.",
                 [(rate("llm_key_requests_total", KEY, "key"), "{{key}}")], "reqps", 8,
                 stack=True),
        g.series("Cost by key", "US dollars an hour at the present pace.",
                 [(f"{rate('llm_key_cost_total', KEY, 'key')} * 3600", "{{key}}")], "currencyUSD",
                 8, stack=True),
        g.series("Tokens by key", "Input and output, as billed, each second.",
                 [(rate("llm_key_tokens_total", KEY, "key"), "{{key}}")], "short", 8, stack=True),
        g.series("Share of failures by key", "Of its requests, as its clients saw it.",
                 [(f"{rate('llm_key_requests_total', KEY + FAILURE, 'key')}"
                   f" / {rate('llm_key_requests_total', KEY, 'key')}", "{{key}}")], "percentunit",
                 8, maximum=1),
        g.bars("Dearest keys", "US dollars in the range of time shown.",
               f"topk(10, {over_range('llm_key_cost_total', KEY, 'key')})", "{{key}}",
               "currencyUSD"),
        g.bars("Silent for", "Time since the last request of each key, the longest first.",
               f"topk(10, time() - max by (key) (llm_key_last_used_timestamp_seconds{{{ONLY_KEY}}}"
               "))", "{{key}}", "s"),
        g.table("All keys", "In the range of time shown.",
                [(over_range("llm_key_cost_total", KEY, "key", "team"), ""),
                 (over_range("llm_key_requests_total", KEY, "key", "team"), ""),
                 (over_range("llm_key_tokens_total", KEY, "key", "team"), "")],
                {"Value #A": ("Cost", "currencyUSD"), "Value #B": ("Requests", "short"),
                 "Value #C": ("Tokens", "short")}))
    teams = g.row(
        "Teams",
        g.series("Requests by team", "Requests of all keys of the team.",
                 [(rate("llm_team_requests_total", TEAM, "team"), "{{team}}")], "reqps", 8,
                 stack=True),
        g.series("Cost by team", "US dollars an hour at the present pace.",
                 [(f"{rate('llm_team_cost_total', TEAM, 'team')} * 3600", "{{team}}")],
                 "currencyUSD", 8, stack=True),
        g.series("Tokens by team", "Input and output, as billed, each second.",
                 [(rate("llm_team_tokens_total", TEAM, "team"), "{{team}}")], "short", 8,
                 stack=True))
    others = g.row(
        "Users, end users, tags, labels of your own",
        g.series("Cost by user", f"US dollars an hour. {OPTIONAL}",
                 [(f"{rate('llm_user_cost_total', TARGET, 'user')} * 3600", "{{user}}")],
                 "currencyUSD", 6, stack=True),
        g.series("Cost by end user", f"US dollars an hour. {OPTIONAL}",
                 [(f"{rate('llm_end_user_cost_total', TARGET, 'end_user')} * 3600",
                   "{{end_user}}")], "currencyUSD", 6, stack=True),
        g.series("Cost by tag", f"US dollars an hour; a request may bear several tags. {OPTIONAL}",
                 [(f"{rate('llm_tag_cost_total', TARGET, 'tag')} * 3600", "{{tag}}")],
                 "currencyUSD", 6),
        g.series("Cost by labels of your own",
                 "US dollars an hour. Only if labels.extra in the configuration has any.",
                 [(f"{rate('llm_extra_cost_total', TARGET, 'name', 'value')} * 3600",
                   "{{name}}: {{value}}")], "currencyUSD", 6))
    return g.dashboard(
        "sidelight-keys", "Sidelight / Keys and teams",
        "Who uses the proxy, for how much, and with what success.",
        g.variables(("team", "llm_key_requests_total"), ("key", "llm_key_requests_total")),
        [CROSSINGS], [keys, teams, others])
