from __future__ import annotations

import re

import msgspec
import pytest

from guardrift.declarative_rules import KINDS
from guardrift.predicates import Predicate, PredicateFault, plain
from scanner.engine.documentation import example_account
from scanner.engine.subjects import Subject
from scanner.inventory import AccessKey, Account, Instance, NotCollected, Region, Role, Trail, Undetermined

FACTS = plain(
    example_account(
        '{"users": [], "regions": [{"name": "eu-west-1", "instances": [{"id": "i-1", "arn": "a", "state": "running",'
        ' "metadata": {"tokens": "optional"}}]}], "roles": [{"name": "app", "arn": "r", "trust": {"Statement":'
        ' [{"Effect": "Allow"}]}}]}'
    )
)

LISTED = """
{"users": [{"name": "u", "arn": "u"}], "roles": [{"name": "r", "arn": "r", "trust": {}}],
 "groups": [{"name": "g", "arn": "g"}], "policies": [{"name": "p", "arn": "p", "versions": []}],
 "access_keys": [{"user": "u", "keys": [
  {"id": "k", "user": "u", "status": "Active", "created": "2026-01-01T00:00:00Z"}]}],
 "instance_profiles": [{"name": "i", "arn": "i"}],
 "regions": [{"name": "eu-west-1", "instances": [{"id": "i", "arn": "i"}],
  "launch_templates": [{"template_id": "l", "arn": "l", "name": "l", "version": 1}],
  "trails": [{"name": "t", "arn": "t", "home_region": "eu-west-1",
   "status": {"kind": "gap", "api": "cloudtrail:GetTrailStatus", "status": "denied"},
   "selectors": {"kind": "gap", "api": "cloudtrail:GetEventSelectors", "status": "denied"}}],
  "detectors": [{"id": "d", "arn": "d", "detail": {"kind": "gap", "api": "guardduty:GetDetector", "status": "denied"}}],
  "event_rules": [{"name": "e", "arn": "e", "state": "ENABLED", "targets": []}],
  "alarms": [{"name": "a", "arn": "a", "actions_enabled": true}]}]}
"""
"""One of each kind of subject."""


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("length(users) == `0`", True),
        ("regions[0].instances[0].metadata.tokens == 'required'", False),
        ("regions[0].instances[0].metadata.endpoint == `null`", True),
        ("length(regions[].instances[?metadata.tokens != 'required'][]) > `0`", True),
        ("contains(roles[0].trust.Statement[].Effect, 'Allow')", True),
        ("roles[0].path == '/'", True),
        ("contains(to_string(roles[0].trust), 'Allow')", True),
        ("length(regions) == `1`", True),
        ("regions == `[]`", False),
        ("contains(keys(@), 'groups')", True),
        ("sort_by(regions, &name)[0].name == 'eu-west-1'", True),
        ("length(map(&name, regions)) == `1`", True),
    ],
)
def test_what_is_true_and_what_is_not(text: str, holds: bool) -> None:
    assert Predicate(text).holds(FACTS) is holds


@pytest.mark.parametrize(
    "text",
    [
        "length(groups) == `0`",
        "!groups",
        "groups == `[]`",
        "groups[?name == 'x'] == `null`",
        "regions[0].trails[*].name == `[]`",
        "length(regions[].trails[]) == `0`",
        "contacts.security == `null`",
        "[groups][0] == `null`",
        "{a: groups}.a == `null`",
        "not_null(groups, `true`) == `true`",
        "length(regions[*].detectors) == `1`",
        "length(values({name: groups})) == `1`",
        "contains(to_string(@), 'x')",
        "contains(to_string(regions), 'x')",
        "regions[*].to_string(@) == `[]`",
        "contains(map(&to_string(@), regions)[0], 'gap')",
        "regions == '[]'",
        "regions[0] != regions[0]",
        "contains(regions, '1')",
        "merge(@, {groups: '[]'}).groups == '[]'",
    ],
)
def test_what_was_not_collected_is_not_read_as_absent(text: str) -> None:
    with pytest.raises(NotCollected):
        Predicate(text).holds(FACTS)


@pytest.mark.parametrize(
    "text", ["roles[0].trust", "roles[0].trust.Version", "max(regions[].name) < `1`", "length(values(@)[0]) == `1`"]
)
def test_what_is_neither_true_nor_false_is_undetermined(text: str) -> None:
    with pytest.raises(Undetermined):
        Predicate(text).holds(FACTS)


@pytest.mark.parametrize(
    "text", ["rolls == `1`", "roles[0].nmae == 'x'", "length(", "", "roles[?tag == 'x']", "name == null"]
)
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(PredicateFault):
        Predicate(text)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Instance, "tokens == 'optional'", "Instance has no field 'tokens'"),
        (Instance, "metadata.token == 'optional'", "no fact has a field 'token'"),
        (Instance, "Metadata.tokens == 'optional'", "Instance has no field 'Metadata'; did you mean metadata?"),
        (Region, "length(instances[?tokens == 'optional']) > `0`", "Instance has no field 'tokens'"),
        (Region, "instances[*].metadata.name == `[]`", "has no field 'name'"),
        (Region, "instances.metadata == `null`", "'metadata' is asked of a list"),
        (Region, "sort_by(instances, &tokens)[0].id == 'i'", "Instance has no field 'tokens'"),
        (Region, "instances | [0].tokens == 'optional'", "Instance has no field 'tokens'"),
        (Region, "not_null(instances, trails)[].tokens == `[]`", "Instance or Trail has no field 'tokens'"),
        (Region, "name.id == 'x'", "'id' is asked of a value that has no fields"),
        (Region, "name[0] == 'x'", "no list"),
        (Account, "instances[0].id == 'x'", "Account has no field 'instances'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(kind: type[msgspec.Struct], text: str, said: str) -> None:
    with pytest.raises(PredicateFault, match=re.escape(said)):
        Predicate(text, kind)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Role, "nofunc(name)", "there is no function nofunc()"),
        (Role, "start_with(name, 'x')", "did you mean starts_with()?"),
        (Role, "length(name, name) == `1`", "length() takes 1 argument, not 2"),
        (Role, "length() == `1`", "length() takes 1 argument, not 0"),
        (Role, "not_null() == `1`", "not_null() takes at least 1 argument, not 0"),
        (Role, "length(`5`) == `1`", "argument 1 of length() is a number, and has to be a list or an object or a text"),
        (Role, "length(`null`) == `1`", "argument 1 of length() is null"),
        (Role, "starts_with(name, `1`)", "argument 2 of starts_with() is a number, and has to be a text"),
        (Role, "contains(attached, 'x') && sum(attached[].arn) == `1`", "is a list of which each is a text"),
        (Role, "sort_by(tags, key) == `[]`", "argument 2 of sort_by() has to begin with &"),
        (Role, "length(&name) == `1`", "argument 1 of length() has no &"),
        (Region, "length(instances[?length(metadata.endpoint, id)]) == `0`", "length() takes 1 argument, not 2"),
        (Role, "name", "it gives a text, never true or false"),
        (Role, "length(tags)", "it gives a number, never true or false"),
        (Instance, "metadata", "it gives an object, never true or false"),
        (Role, "tags[?key == 'x']", "it gives a list, never true or false"),
        (Role, "{a: name}", "it gives an object, never true or false"),
        (Role, "'x'", "it gives a text, never true or false"),
        (Role, "tags && name", "it gives a list or a text, never true or false"),
        (Role, "path == '/' || (name == 'x' && length(tags))", "it gives a number, never true or false"),
        (Role, "to_array(name)", "it gives a list, never true or false"),
        (Role, "name > `1`", "a text and a number have no order"),
        (Role, "tags[?key] > tags", "a list and a list have no order"),
    ],
)
def test_what_can_never_be_true_or_false_is_refused(kind: type[msgspec.Struct], text: str, said: str) -> None:
    with pytest.raises(PredicateFault, match=re.escape(said)):
        Predicate(text, kind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Role, "trust.Anything"),
        (Role, "`true`"),
        (Role, "not_null(boundary, 'none') == 'none'"),
        (Role, "path == '/' && !tags"),
        (Role, "tags && length(tags) > `1`"),
        (Role, "length(reverse(name)) == `1`"),
        (Role, "sort(tags[].key)[0] >= 'a'"),
        (Role, "join(',', tags[].value) == 'x'"),
        (Role, "join(',', tags[*].value) == 'x'"),
        (Role, "max([`1`, length(tags)]) > `1`"),
        (Role, "contains(to_string(trust), '*')"),
        (Role, "contains(keys(trust), 'Statement')"),
        (Role, "to_array(trust.Statement)[0].Effect == 'Allow'"),
        (Role, "created < '2026-01-01'"),
        (Instance, "metadata.hop_limit > `1`"),
        (Region, "max_by(instances, &id).launched > '2026-01-01'"),
        (Region, "sum(instances[].metadata.hop_limit) > `1`"),
        (Region, "length(merge(instances[0], {a: `1`})) > `1`"),
        (Region, "length(map(&metadata.tokens, instances)) == `1`"),
        (Trail, "is_multi_region"),
        (Trail, "is_multi_region && !is_organization"),
        (Instance, "metadata.tokens == 'optional'"),
        (Region, "length(instances[?metadata.tokens == 'optional' && state == 'running'][]) > `0`"),
        (Region, "sort_by(instances, &id)[-1].metadata.tokens == 'optional'"),
        (Region, "max_by(instances, &id).id == 'i'"),
        (Region, "map(&metadata.tokens, instances) == `[]`"),
        (Region, "instances[0:2][].id | [0] == 'i'"),
        (Region, "{first: instances[0]}.first.id == 'i'"),
        (Region, "[instances, instances][][].id == `[]`"),
        (Role, "trust.Statement[].Condition.StringEquals == `null`"),
        (AccessKey, "is_active"),
        (Account, "regions[].trails[].name == `[]`"),
    ],
)
def test_a_path_that_leads_somewhere_is_not(kind: type[msgspec.Struct], text: str) -> None:
    Predicate(text, kind)


@pytest.mark.parametrize("text", ["!" * 20_000 + "@", "(" * 3_000 + "@" + ")" * 3_000, f"@[{'9' * 5_000}]"])
def test_what_cannot_be_read_at_all_is_refused(text: str) -> None:
    with pytest.raises(PredicateFault):
        Predicate(text)


def test_each_kind_of_subject_is_what_it_is_said_to_be() -> None:
    account = example_account(LISTED)

    for name, kind in KINDS.items():
        listed = [subject.item for subject in kind.list(account) if isinstance(subject, Subject)]
        assert [type(item) for item in listed] == [kind.fact], name


def test_every_field_is_there_even_if_it_is_the_default() -> None:
    account = example_account("{}")

    assert set(plain(account)) >= set(msgspec.structs.asdict(account))
    assert plain(account)["regions"] == []
