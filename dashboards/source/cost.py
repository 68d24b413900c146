"""Money: what is spent and on what, and how long budgets last."""

import grafana as g
from common import BUDGET, CROSSINGS, TARGET, over_range, rate

MODEL = TARGET + ',provider=~"$provider",model=~"$model"'
CACHED = MODEL + ',type="cache_read"'
INPUT = MODEL + ',type="input"'
OF = TARGET + ',budget=~"$budget"'
HOURLY = "US dollars an hour at the present pace."
END = f"llm_budget_period_end_timestamp_seconds{{{OF}}}"
PERIOD = f"({END} - llm_budget_period_start_timestamp_seconds{{{OF}}})"


def hourly(title, metric, matchers, labels, legend):
    return g.series(title, HOURLY, [(f"{rate(metric, matchers, *labels)} * 3600", legend)],
                    "currencyUSD", 8, stack=True)


def build():
    spend = g.row(
        "Spend",
        g.stat("Spend", "In the range of time shown.", over_range("llm_cost_total", MODEL),
               "currencyUSD"),
        g.stat("Last hour", "By the time at which requests ended.",
               f"sum(llm_cost_last_hour{{{TARGET},provider=~\"$provider\"}})", "currencyUSD"),
        g.stat("30 days at this pace", "The last hour's spend, 720 times.",
               f"sum(llm_cost_last_hour{{{TARGET},provider=~\"$provider\"}}) * 720",
               "currencyUSD"),
        g.stat("Saved by the cache", "What answers from the proxy's cache would have cost, in the"
               " range of time shown.", over_range("llm_cost_saved_total", MODEL), "currencyUSD"),
        g.stat("Without a price", "Requests with tokens that nobody knows the price of, in the"
               " range of time shown: all spend is too low by them.",
               f"{over_range('llm_unpriced_requests_total', MODEL)} or vector(0)", "short",
               steps=((None, "green"), (1, "orange")), decimals=0),
        g.stat("Cost of 1000 requests", "In the range of time shown.",
               f"1000 * {over_range('llm_cost_total', MODEL)}"
               f" / {over_range('llm_requests_total', MODEL)}", "currencyUSD"),
        hourly("By provider", "llm_cost_total", MODEL, ["provider"], "{{provider}}"),
        hourly("By model", "llm_cost_total", MODEL, ["model"], "{{model}}"),
        hourly("By power level", "llm_cost_total", MODEL, ["power_level"], "{{power_level}}"),
        hourly("By team", "llm_team_cost_total", TARGET, ["team"], "{{team}}"),
        hourly("By key", "llm_key_cost_total", TARGET, ["key"], "{{key}}"),
        g.bars("Models", "US dollars in the range of time shown, the fifteen dearest.",
               f"topk(15, {over_range('llm_cost_total', MODEL, 'provider', 'model')})",
               "{{provider}} {{model}}", "currencyUSD"))
    budgets = g.row(
        "Budgets",
        g.bars("Spent", "How far each budget is spent in its current period.",
               f"max by (budget, scope) (llm_budget_used_ratio{{{OF}}})", "{{budget}} {{scope}}",
               "percentunit", 8, steps=BUDGET, maximum=1),
        g.series("Spent over time", "A fall to 0 is the begin of a period.",
                 [(f"max by (budget, scope) (llm_budget_used_ratio{{{OF}}})",
                   "{{budget}} {{scope}}")], "percentunit", 8),
        g.series("Burn rate",
                 "How many times faster than would last for the period, over an hour; 1 is even.",
                 [(f"delta(llm_budget_used_ratio{{{OF}}}[1h]) / 3600"
                   f" * on (job, instance, budget) group_left () {PERIOD}",
                   "{{budget}} {{scope}}")], "none", 8),
        g.series("Forecast in dollars",
                 "What will be spent at the period's end at the recent rate, beside the limit.",
                 [(f'max by (budget, scope) (llm_budget_forecast{{{OF},unit="usd"}})',
                   "{{budget}} {{scope}}: forecast"),
                  (f'max by (budget, scope) (llm_budget_spent{{{OF},unit="usd"}})',
                   "{{budget}} {{scope}}: spent"),
                  (f'max by (budget, scope) (llm_budget_limit{{{OF},unit="usd"}})',
                   "{{budget}} {{scope}}: limit")], "currencyUSD", 12),
        g.series("Forecast in requests and tokens", "The same for budgets of other units.",
                 [(f'max by (budget, scope, unit) (llm_budget_forecast{{{OF},unit!="usd"}})',
                   "{{budget}} {{scope}}: forecast {{unit}}"),
                  (f'max by (budget, scope, unit) (llm_budget_spent{{{OF},unit!="usd"}})',
                   "{{budget}} {{scope}}: spent {{unit}}"),
                  (f'max by (budget, scope, unit) (llm_budget_limit{{{OF},unit!="usd"}})',
                   "{{budget}} {{scope}}: limit {{unit}}")], "short", 12),
        g.table("All budgets", "As they stand now. “Gone” is when the budget will be spent at the"
                " recent rate, if that is before its period ends.",
                [(f"max by (budget, scope) (llm_budget_used_ratio{{{OF}}})", ""),
                 (f"max by (budget, scope) (llm_budget_spent{{{OF}}})", ""),
                 (f"max by (budget, scope) (llm_budget_limit{{{OF}}})", ""),
                 (f"max by (budget, scope) (llm_budget_forecast{{{OF}}})", ""),
                 (f"1000 * max by (budget, scope) (0 * llm_budget_limit{{{OF}}}"
                  f" + on (job, instance, budget) group_left () {END})", ""),
                 (f"1000 * max by (budget, scope)"
                  f" (llm_budget_exhaustion_timestamp_seconds{{{OF}}})", "")],
                {"Value #A": ("Used", "percentunit"), "Value #B": ("Spent", "short"),
                 "Value #C": ("Limit", "short"), "Value #D": ("Forecast", "short"),
                 "Value #E": ("Ends", "dateTimeAsIso"), "Value #F": ("Gone", "dateTimeAsIso")}))
    quality = g.row(
        "What it could cost less, and what nobody knows",
        g.series("Saved by the proxy's cache", HOURLY,
                 [(f"{rate('llm_cost_saved_total', MODEL, 'model')} * 3600", "{{model}}")],
                 "currencyUSD", 8, stack=True),
        g.series("Prompt tokens from the provider's cache",
                 "Share of input tokens that were read from the provider's prompt cache.",
                 [(f"{rate('llm_token_details_total', CACHED, 'provider')}"
                   f" / {rate('llm_tokens_total', INPUT, 'provider')}",
                   "{{provider}}")], "percentunit", 8),
        g.series("Tokens without a price", "Input and output tokens a second of models that have"
                 " no known price.",
                 [(rate("llm_unpriced_tokens_total", MODEL, "provider", "model"),
                   "{{provider}} {{model}}")], "short", 8, stack=True))
    return g.dashboard(
        "sidelight-cost", "Sidelight / Cost and budgets",
        "What is spent and on what, how long budgets last, what the caches save.",
        g.variables(("provider", "llm_requests_total"), ("model", "llm_requests_total"),
                    ("budget", "llm_budget_limit")), [CROSSINGS], [spend, budgets, quality])
