"""SQL on CloudTrail: queries that find nothing or not enough, and tables that cannot hold what is looked for.

Sources: "CloudTrail record contents" and "userIdentity element" in the CloudTrail User Guide; "Querying AWS CloudTrail
logs" in the Athena User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.responders.faults import Fault, told
from policies.responders.sql_says import SAYS
from policies.responders.sql_searches import judge_search
from policies.responders.sql_words import Word, clause, items_of, statements_of, words_of

_LONGEST = 400

_CONTINUING = frozenset({"order", "group", "where", "and", "or", "limit", "having"})
_TIMES = frozenset({
    "eventtime", "event_time", "day", "date", "dt", "year", "month", "timestamp", "eventdate", "event_date",
    "partition_date", "time",
})  # fmt: skip
_COLUMNS = frozenset({
    "eventversion", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode",
    "errormessage", "eventid", "requestid", "eventtype", "readonly", "recipientaccountid", "requestparameters",
    "responseelements", "additionaleventdata", "serviceeventdetails", "resources", "useridentity", "vpcendpointid",
    "eventcategory", "sharedeventid", "managementevent", "apiversion",
})  # fmt: skip
_ALWAYS_THERE = frozenset({
    "eventversion", "eventtime", "eventsource", "eventname", "awsregion", "eventid", "eventtype", "eventcategory",
})  # fmt: skip
_NEEDED = ("ec2roledelivery", "sourceidentity", "webidfederationdata", "onbehalfof", "eventcategory")


def judge_sql(text: str) -> Iterator[Fault]:
    """What is wrong with queries and tables, statement by statement."""
    words = words_of(text)
    for word in words:
        if word.kind == "symbol" and word.value == "\\":
            yield told(SAYS, "sql-stray-escape", _at(word))
    for statement in statements_of(words):
        first = statement[0]
        if first.kind == "word" and first.value in _CONTINUING:
            yield told(SAYS, "sql-cut-off", _at(first), first.value.upper())
        elif first.is_word("create") and any(word.is_word("external") for word in statement):
            yield from _of_table(statement)
        elif any(word.is_word("select") for word in statement):
            yield from _of_query(statement)


def _at(word: Word) -> str:
    return f"line {word.line}"


def _of_query(statement: Sequence[Word]) -> Iterator[Fault]:
    chosen = clause(statement, "select", "from")
    where = clause(statement, "where")
    has_table = any(word.is_word("from") for word in statement)
    if has_table and not any(word.is_word(*_TIMES) for word in where):
        yield told(SAYS, "sql-unbounded", _at(statement[0]))
    for item in items_of(chosen):
        alias = _swallowed(item)
        if alias:
            yield told(SAYS, "sql-missing-comma", _at(alias), alias.value)
        counted = _counted(item)
        if counted:
            yield told(SAYS, "sql-count-skips", _at(counted), counted.value)
    yield from judge_search(where)


def _swallowed(item: Sequence[Word]) -> Word | None:
    """A column that has become the name of the one before it, since a comma is missing."""
    if len(item) < 2 or not item[-1].is_word(*_COLUMNS):
        return None
    before = item[-2]
    is_value = before.kind in {"word", "quoted", "text"} or before.value == ")"
    return item[-1] if is_value and not before.is_word("as", "distinct", "all") else None


def _counted(item: Sequence[Word]) -> Word | None:
    """The column that is counted, if it may be absent: rows without it are not counted."""
    item = item[:_LONGEST]
    for at, word in enumerate(item[:-2]):
        if not word.is_word("count") or item[at + 1].value != "(":
            continue
        inner = [each for each in item[at + 2 : _closing(item, at + 2)] if each.kind in {"word", "quoted"}]
        if inner and not inner[0].is_word("distinct", "case", "if") and not inner[-1].is_word(*_ALWAYS_THERE):
            return inner[-1]
    return None


def _closing(item: Sequence[Word], start: int) -> int:
    depth = 1
    for at in range(start, len(item)):
        depth += {"(": 1, ")": -1}.get(item[at].value, 0) if item[at].kind == "symbol" else 0
        if depth == 0:
            return at
    return len(item)


def _of_table(statement: Sequence[Word]) -> Iterator[Fault]:
    """A table on CloudTrail; of other tables nothing is said."""
    names = {word.value for word in statement if word.kind in {"word", "quoted"}}
    if not {"eventsource", "useridentity"} <= names:
        return
    where = _at(statement[0])
    texts = [word for word in statement if word.kind == "text"]
    if "partitioned" not in names:
        yield told(SAYS, "table-unpartitioned", where)
    old = next((word for word in texts if "emr.hive.serde.cloudtrailserde" in word.value.lower()), None)
    if old:
        yield told(SAYS, "table-old-serde", _at(old), old.value)
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        yield told(SAYS, "table-lacks-columns", where, ", ".join(missing))
    places = [word for word in texts if word.value.lower().startswith("s3://")]
    if places and not any("/cloudtrail/" in f"{word.value.lower()}/" for word in places):
        yield told(SAYS, "table-reads-digests", _at(places[0]), places[0].value)
