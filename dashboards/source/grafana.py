"""Grafana's dashboard model, as far as ours use it: panels, rows, variables, annotations."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA = 38  # of Grafana 10.0

# Statistics of a panel's legend, and sizes on a grid of 24 columns.
HEIGHT = 8


def target(expression, legend="", **more):
    return {"datasource": DATASOURCE, "editorMode": "code", "expr": expression,
            "legendFormat": legend or "__auto", "range": True, **more}


def _targets(queries, **more):
    """`queries` are (expression, legend) pairs, or one expression."""
    if isinstance(queries, str):
        queries = [(queries, "")]
    return [{**target(expression, legend, **more), "refId": chr(ord("A") + index)}
            for index, (expression, legend) in enumerate(queries)]


def _thresholds(*steps):
    """Pairs of a value and the colour from it on; the first value is ignored."""
    first, *rest = steps or [(None, "green")]
    return {"mode": "absolute", "steps": [{"color": first[1], "value": None}] + [
        {"color": color, "value": value} for value, color in rest]}


def _panel(kind, title, description, targets, unit, width, height, options, custom=None, **field):
    defaults = {"unit": unit, "custom": custom or {}, "color": {"mode": "palette-classic"},
                "thresholds": _thresholds(), **field}
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "targets": targets, "options": options,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "gridPos": {"w": width, "h": height}}


def _legend(calcs, placement="bottom"):
    return {"displayMode": "table" if placement == "right" else "list", "placement": placement,
            "showLegend": True, "calcs": calcs}


def series(title, description, queries, unit="short", width=12, height=HEIGHT, stack=False,
           bars=False, exemplars=False, calcs=(), minimum=0, maximum=None):
    """Lines over time; `exemplars` shows those of histograms."""
    custom = {"drawStyle": "bars" if bars else "line", "lineWidth": 0 if bars else 1,
              "fillOpacity": 80 if bars else 30 if stack else 8, "showPoints": "never",
              "spanNulls": False, "lineInterpolation": "linear",
              "stacking": {"mode": "normal" if stack else "none", "group": "A"}}
    field = {"min": minimum} if minimum is not None else {}
    if maximum is not None:
        field["max"] = maximum
    more = {"exemplar": True} if exemplars else {}
    return _panel("timeseries", title, description, _targets(queries, **more), unit, width, height,
                  {"legend": _legend(list(calcs)), "tooltip": {"mode": "multi", "sort": "desc"}},
                  custom, **field)


def stat(title, description, query, unit="short", width=4, height=4, steps=(), mappings=(),
         decimals=None, name="", text_mode="auto"):
    """One number, of now."""
    field = {"thresholds": _thresholds(*steps), "mappings": list(mappings),
             "color": {"mode": "thresholds"}, "noValue": "–"}
    if decimals is not None:
        field["decimals"] = decimals
    return _panel("stat", title, description,
                  _targets([(query, name)] if isinstance(query, str) else query, instant=True,
                           range=False), unit, width, height,
                  {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                   "colorMode": "value" if len(steps) < 2 else "background",
                   "graphMode": "none", "textMode": text_mode, "justifyMode": "auto",
                   "orientation": "auto"}, **field)


def bars(title, description, query, legend, unit="short", width=8, height=HEIGHT, steps=(),
         maximum=None):
    """Horizontal bars, one for each series, of now."""
    field = {"thresholds": _thresholds(*steps), "min": 0,
             "color": {"mode": "thresholds" if len(steps) > 1 else "palette-classic"}}
    if maximum is not None:
        field["max"] = maximum
    return _panel("bargauge", title, description,
                  _targets([(query, legend)], instant=True, range=False), unit, width, height,
                  {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                   "orientation": "horizontal", "displayMode": "gradient",
                   "valueMode": "color", "showUnfilled": True, "minVizHeight": 16,
                   "minVizWidth": 8}, **field)


def heatmap(title, description, metric, matchers, width=12, height=HEIGHT):
    """How a histogram in seconds is spread over time."""
    expression = f"sum by (le) (rate({metric}_bucket{{{matchers}}}[$__rate_interval]))"
    return _panel("heatmap", title, description,
                  _targets([(expression, "{{le}}")], format="heatmap", exemplar=True), "s", width,
                  height,
                  {"calculate": False, "cellGap": 1, "cellValues": {"unit": "reqps"},
                   "color": {"mode": "scheme", "scheme": "Turbo", "steps": 64,
                             "exponent": 0.5, "fill": "dark-orange", "reverse": False},
                   "filterValues": {"le": 1e-9}, "rowsFrame": {"layout": "auto"},
                   "exemplars": {"color": "rgba(255,255,255,0.8)"},
                   "legend": {"show": True}, "showValue": "never",
                   "tooltip": {"show": True, "yHistogram": True},
                   "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"}},
                  {"scaleDistribution": {"type": "linear"}})


def timeline(title, description, query, legend, mappings, width=24, height=HEIGHT):
    """States over time, a band for each series."""
    return _panel("state-timeline", title, description, _targets([(query, legend)]), "short",
                  width, height,
                  {"alignValue": "left", "legend": _legend([]), "mergeValues": True,
                   "rowHeight": 0.8, "showValue": "auto", "tooltip": {"mode": "single"}},
                  {"fillOpacity": 80, "lineWidth": 0}, mappings=list(mappings),
                  color={"mode": "thresholds"})


def table(title, description, queries, columns, width=24, height=HEIGHT, links=()):
    """Series joined by their labels. `columns` names and gives units: {field: (name, unit)}."""
    panel = _panel("table", title, description,
                   _targets(queries, format="table", instant=True, range=False), "short", width,
                   height, {"showHeader": True, "cellHeight": "sm",
                            "sortBy": [{"displayName": next(iter(columns.values()))[0],
                                        "desc": True}]},
                   {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True})
    overrides = []
    for field, (name, unit) in columns.items():
        properties = [{"id": "displayName", "value": name}, {"id": "unit", "value": unit}]
        if field in dict(links):
            properties.append({"id": "links", "value": [dict(links)[field]]})
        overrides.append({"matcher": {"id": "byName", "options": field},
                          "properties": properties})
    panel["fieldConfig"]["overrides"] = overrides
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}}}]
    return panel


def mapping(value, text, color):
    return {"type": "value", "options": {str(value): {"text": text, "color": color, "index": 0}}}


def row(title, *panels):
    """A heading, and below it panels in lines of 24 columns."""
    return [{"type": "row", "title": title, "collapsed": False, "panels": [],
             "gridPos": {"w": 24, "h": 1}}, *panels]


def _variable(name, query, label=None, **more):
    return {"type": "query", "name": name, "label": label or name.title(), "query": query,
            "definition": query, "datasource": DATASOURCE, "refresh": 2, "sort": 1,
            "multi": True, "includeAll": True, "allValue": ".+", "hide": 0, "regex": "",
            "options": [], "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            **more}


def variables(*labels, metric="sidelight_build_info"):
    """Datasource, job and instance, then those of `labels`: (label, metric that has it)."""
    data = {"type": "datasource", "name": "datasource", "label": "Data source",
            "query": "prometheus", "refresh": 1, "hide": 0, "multi": False, "includeAll": False,
            "regex": "", "options": [], "current": {}}
    return [data, _variable("job", f"label_values({metric}, job)"),
            _variable("instance", f'label_values({metric}{{job=~"$job"}}, instance)'),
            *(_variable(label, f'label_values({source}{{job=~"$job",instance=~"$instance"}}, '
                               f"{label})", label.replace("_", " ").capitalize(), allValue=".*")
              for label, source in labels)]


def annotation(name, expression, title, color, text=""):
    return {"name": name, "datasource": DATASOURCE, "enable": True, "hide": False,
            "iconColor": color, "expr": expression, "step": "60s", "titleFormat": title,
            "textFormat": text, "useValueForTime": False}


def _place(panels):
    """Numbers panels and lays them out from left to right, a new line where 24 columns are full."""
    x = y = line = 0
    for number, panel in enumerate(panels, start=1):
        width, height = panel["gridPos"]["w"], panel["gridPos"]["h"]
        if panel["type"] == "row" or x + width > 24:
            x, y, line = 0, y + line, 0
        panel["id"] = number
        panel["gridPos"] = {"x": x, "y": y, "w": width, "h": height}
        x, line = x + width, max(line, height)
        if panel["type"] == "row":
            x, y, line = 0, y + height, 0
    return panels


def dashboard(uid, title, description, templates, annotations, rows):
    """The whole, which nobody edits in Grafana: it would be lost with the next release."""
    return {
        "uid": uid, "title": title, "description": description, "tags": ["sidelight"],
        "schemaVersion": SCHEMA, "version": 1, "editable": False, "graphTooltip": 1,
        "fiscalYearStartMonth": 0, "liveNow": False, "refresh": "30s", "style": "dark",
        "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "timezone": "browser",
        "weekStart": "",
        "links": [{"type": "dashboards", "title": "Sidelight", "tags": ["sidelight"],
                   "asDropdown": False, "icon": "external link", "includeVars": True,
                   "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}],
        "templating": {"list": templates},
        "annotations": {"list": annotations},
        "panels": _place([panel for one in rows for panel in one]),
    }
