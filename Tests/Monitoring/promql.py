"""What a PromQL expression names: enough of its grammar to find series and labels."""

import re
from typing import NamedTuple

WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "bool", "and", "or",
         "unless", "offset", "inf", "nan", "atan2", "start", "end"}
STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
GROUPING = re.compile(
    r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
SELECTOR = re.compile(r"(?<![\w:$])([a-zA-Z_:][\w:]*)\s*(\{[^{}]*\})?")
MATCHER = re.compile(rf"(\w+)\s*(=~|!~|!=|=)\s*({STRING})")
RANGE = re.compile(r"\[[^\]]*\]")
OFFSET = re.compile(r"\boffset\s+-?\w+")
MADE = re.compile(rf"\blabel_(?:replace|join)\s*\(")


class Selector(NamedTuple):
    """A series name with the labels it is filtered by, as (label, operator, value)."""

    name: str
    matchers: list


class Names(NamedTuple):
    """What an expression names."""

    selectors: list
    grouping: set
    """Labels in by, on and the like."""
    made: set
    """Labels that label_replace or label_join writes."""


def made_labels(expression):
    """The second to last strings of label_replace are labels and patterns; the first is made."""
    found = set()
    for call in MADE.finditer(expression):
        depth, place = 1, call.end()
        while depth and place < len(expression):
            text = re.match(STRING, expression[place:])
            if text:
                if depth == 1:
                    found.add(text.group()[1:-1])
                    break
                place += text.end()
                continue
            depth += {"(": 1, ")": -1}.get(expression[place], 0)
            place += 1
    return found


def names(expression):
    grouping = {label.strip() for _, labels in GROUPING.findall(expression)
                for label in labels.split(",") if label.strip()}
    made = made_labels(expression)
    rest = OFFSET.sub("", RANGE.sub("", GROUPING.sub("", expression)))
    selectors = []
    place = 0
    while match := re.compile(f"{STRING}|{SELECTOR.pattern}").search(rest, place):
        place = match.end()
        name = match.group(1)
        if name is None or name.lower() in WORDS:
            continue
        if name and not match.group(2) and re.match(r"\s*\(", rest[place:]):
            continue  # a function
        matchers = [(label, operator, value[1:-1])
                    for label, operator, value in MATCHER.findall(match.group(2) or "")]
        selectors.append(Selector(name, matchers))
    return Names(selectors, grouping, made)


def unknown(expression, families):
    """What an expression names that is not in `families` (label names by series name)."""
    found = names(expression)
    problems, labels = [], {"le"} & found.grouping | found.made
    for selector in found.selectors:
        if selector.name not in families:
            problems.append(f"series {selector.name}")
            continue
        known = families[selector.name]
        labels |= known
        problems += [f"label {label} of {selector.name}" for label, _, _ in selector.matchers
                     if label not in known]
    return problems + [f"label {label}" for label in sorted(found.grouping - labels)]
