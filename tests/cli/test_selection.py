"""Which rules are asked, by options and by the configuration, and what accounts of their own say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from guardrift.configuration import (
    AccountSection,
    Configuration,
    RuleSection,
    SelectSection,
    Standing,
    for_account,
    parse,
    settings,
    undecided,
)
from guardrift.rule_pages import controls as controls_page
from guardrift.selection import Selection, chosen_rules, switched_off
from rules import RULES
from rules.compliance import FRAMEWORKS, IN_SCOPE, coverage, maps_to
from scanner.engine import Declared
from scanner.errors import UsageError
from tests.cli.conftest import Run

OWN = "111122223333"


def ids(selection: Selection | None = None, configuration: Configuration | None = None) -> set[str]:
    found = chosen_rules(RULES, selection or Selection(), configuration or Configuration(), "guardrift.toml")
    return {rule.id for rule in found}


def test_everything_is_asked_unless_something_is_said() -> None:
    assert ids() == set(RULES)


def test_by_family_phase_and_framework() -> None:
    assert ids(Selection(families=("imds",))) == {rule.id for rule in RULES.values() if rule.family == "imds"}
    assert ids(Selection(phases=("detect",))) == {rule.id for rule in RULES.values() if rule.phase == "detect"}
    cis = {rule.id for rule in RULES.values() if maps_to(rule, "CIS AWS Foundations", "7.0.0")}
    assert ids(Selection(frameworks=("cis@7.0.0",))) == cis
    assert ids(Selection(frameworks=("cis",))) >= cis


def test_lists_narrow_together() -> None:
    both = ids(Selection(families=("imds", "trails"), phases=("contain",)))

    assert both == ids(Selection(families=("imds", "trails"))) & ids(Selection(phases=("contain",)))


def test_the_configuration_narrows_too_and_a_rule_that_is_named_is_asked_all_the_same() -> None:
    select = Configuration(select=SelectSection(families=("imds",)))

    assert ids(configuration=select) == ids(Selection(families=("imds",)))
    assert ids(Selection(rules=("guardduty-off",)), select) == {"guardduty-off"}
    off = {rule.id for rule in switched_off(RULES, Selection(), select)}
    assert off == set(RULES) - ids(Selection(families=("imds",)))


def test_a_rule_that_is_switched_off_and_its_severity() -> None:
    configuration = Configuration(
        rules={"guardduty-off": RuleSection(enabled=False), "imds-account-default": RuleSection(severity="critical")}
    )

    assert "guardduty-off" not in ids(configuration=configuration)
    assert "imds-account-default" in ids(Selection(severity="critical"), configuration)


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(rules=("guardduty-of",)), "guardduty-off"),
        (Selection(families=("imd",)), "alert-path"),
        (Selection(phases=("prevent",)), "investigate"),
        (Selection(frameworks=("pci",)), "nist-csf"),
        (Selection(frameworks=("cis@1.0.0",)), "7.0.0, 5.0.0"),
        (Selection(families=("imds",), phases=("eradicate",), severity="critical"), "Widen"),
    ],
)
def test_what_does_not_exist_is_said_with_what_does(selection: Selection, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        ids(selection)
    assert said in caught.value.message + caught.value.hint


def test_a_name_of_the_configuration_that_does_not_exist(run: Run, work: Path) -> None:
    (work / "guardrift.toml").write_text('[select]\nrules = ["guardduty-of"]\n')

    ended = run("scan")

    assert ended.code == 2
    assert "guardrift.toml: select.rules" in ended.err


def test_what_the_owner_declares_reaches_the_rules() -> None:
    text = f'[declared]\naccounts = ["{OWN}"]\nbreak_glass = ["role/emergency"]\n'

    found = settings(parse(text, "here"), RULES, "here").declared

    assert found == Declared(accounts=(OWN,), break_glass=("role/emergency",))
    assert found.may_administrate(f"arn:aws:iam::{OWN}:role/emergency")
    assert not found.may_administrate(f"arn:aws:iam::{OWN}:role/emergency-2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[declared]\naccount = ['1']\n", "declared.account: there is no such key. Did you mean accounts?"),
        ("[select]\nfamily = ['imds']\n", "select.family: there is no such key. Did you mean families?"),
        ("[[account]]\nid = ['1']\n", "account[0].id: there is no such key. Did you mean ids?"),
        ("[[account]]\nids = ['12']\n", "account[0].ids[0]: '12' does not match"),
        ("[[account]]\n", "account[0] is of no account"),
        ("[[account]]\nids = ['111122223333']\n[[account]]\nids = []\n", "account[1] is of no account"),
        ("[[account]]\nunits = ['A']\n[account.declared]\naccounts = ['x']\n", "account[0].declared.accounts[0]: 'x'"),
        ("[declared]\naccounts = ['1111-2222-3333']\n", "declared.accounts[0]: '1111-2222-3333' does not match"),
        ("[declared]\nlog_archives = ['x']\n", "declared.log_archives[0]: 'x' does not match"),
        ("[declared]\nresponse_accounts = ['x']\n", "declared.response_accounts[0]: 'x' does not match"),
        ("[declared]\norganizations = ['a1b2c3d4e5']\n", "declared.organizations[0]: 'a1b2c3d4e5' does not match"),
        ("[declared]\nregions = ['Ireland']\n", "declared.regions[0]: 'Ireland' does not match"),
        ("[scan]\nregions = ['eu_west_1']\n", "scan.regions[0]: 'eu_west_1' does not match"),
        (f"x = {'[' * 5_000}", "is nested too deeply"),
    ],
)
def test_a_typing_error_is_an_error(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "guardrift.toml")
    assert said in caught.value.message


def test_the_regions_of_every_partition_can_be_declared() -> None:
    names = ("us-east-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "ap-southeast-7", "eusc-de-east-1")

    assert parse(f"[declared]\nregions = {list(names)}\n", "here").declared.regions == names


NUMBERS = [
    (rule.id, field.name)
    for rule in RULES.values()
    for field in msgspec.structs.fields(rule.parameters)
    if isinstance(field.default, int | float) and not isinstance(field.default, bool)
]


@pytest.mark.parametrize(("rule_id", "name"), NUMBERS)
def test_no_limit_of_a_rule_is_negative(rule_id: str, name: str) -> None:
    with pytest.raises(UsageError, match=rf"{rule_id}.params: .*{name}"):
        settings(parse(f"[rules.{rule_id}.params]\n{name} = -1\n", "here"), RULES, "here")
    settings(parse(f"[rules.{rule_id}.params]\n{name} = 7\n", "here"), RULES, "here")


def test_a_declared_region_that_the_account_has_not(run: Run, faulty: Path, work: Path) -> None:
    """A mistyped name would leave nothing that detection has to watch, and every rule on it would pass."""
    snapshot = json.loads(faulty.read_bytes())
    names = [region["name"] for region in snapshot["regions"]]
    unlisted = {**snapshot, "other_regions": {"kind": "gap", "api": "ec2:DescribeRegions", "status": "denied"}}
    (work / "unlisted.json").write_text(json.dumps(unlisted))
    other = "eu-west-2"
    assert other not in names

    for declared, path, code in ((names, faulty, 1), ([*names, other], faulty, 2), ([other], "unlisted.json", 1)):
        (work / "guardrift.toml").write_text(f"[declared]\nregions = {declared}\n")
        ended = run("scan", "--snapshot", path, "-q")
        assert ended.code == code, ended.err

    (work / "guardrift.toml").write_text(
        f"[[account]]\nids = ['{snapshot['account_id']}']\n[account.declared]\nregions = ['{other}']\n"
    )
    ended = run("scan", "--snapshot", faulty)
    assert ended.code == 2
    assert f"declared.regions names {other}, which is not enabled" in ended.err
    assert f"Did you mean {names[0]}?" in ended.err


def test_accounts_of_their_own() -> None:
    configuration = Configuration(
        declared=Declared(accounts=("1",)),
        rules={"guardduty-off": RuleSection(severity="low")},
        account=(
            AccountSection(units=("Sandbox",), rules={"guardduty-off": RuleSection(enabled=False)}),
            AccountSection(ids=(OWN,), declared=Declared(accounts=("2",)), rules={"trail-stopped": RuleSection()}),
        ),
    )

    mine = for_account(configuration, Standing(OWN, ("Root", "Sandbox", "Toys")))
    other = for_account(configuration, Standing("999988887777", ("Root", "Production")))

    assert mine.declared.accounts == ("1", "2")
    assert not mine.rules["guardduty-off"].enabled
    assert "trail-stopped" in mine.rules
    assert other.declared == configuration.declared
    assert other.rules == configuration.rules


def test_what_a_section_does_not_name_stays_as_it_was() -> None:
    configuration = Configuration(
        rules={"iam-access-key-age": RuleSection(enabled=False, severity="critical", params={"max_age_days": 30})},
        account=(
            AccountSection(ids=(OWN,), rules={"iam-access-key-age": RuleSection(params={"max_age_days": 60})}),
            AccountSection(ids=(OWN,), rules={"iam-access-key-age": RuleSection(enabled=True)}),
            AccountSection(tags={"stage": "test"}, rules={"iam-access-key-age": RuleSection(severity="low")}),
        ),
    )

    mine = for_account(configuration, Standing(OWN, tags={"stage": "production"}))
    tested = for_account(configuration, Standing("999988887777", tags={"stage": "test", "team": "shop"}))

    assert mine.rules["iam-access-key-age"] == RuleSection(True, "critical", {"max_age_days": 60})
    assert tested.rules["iam-access-key-age"] == RuleSection(False, "low", {"max_age_days": 30})
    assert mine.account == ()


def test_a_section_whose_accounts_are_not_known() -> None:
    configuration = Configuration(
        account=(
            AccountSection(ids=(OWN,), units=("Sandbox",)),
            AccountSection(units=("Sandbox",)),
            AccountSection(tags={"stage": "test"}),
            AccountSection(ids=("999988887777",)),
        )
    )

    assert undecided(configuration, Standing(OWN)) == (1, 2)
    assert undecided(configuration, Standing(OWN, ("Root",))) == (2,)
    assert undecided(configuration, Standing(OWN, ("Root",), {})) == ()


def test_a_section_that_cannot_be_decided_is_told(run: Run, clean: Path, work: Path) -> None:
    (work / "guardrift.toml").write_text('[[account]]\ntags = {stage = "test"}\n')

    ended = run("scan", "--snapshot", clean)

    assert "account[0] is left out" in ended.err


def test_a_rule_that_is_on_for_one_account_alone(run: Run, faulty: Path, work: Path) -> None:
    account = json.loads(faulty.read_bytes())["account_id"]
    off = "[rules.iam-user-admin]\nenabled = false\n"
    on = "[account.rules.iam-user-admin]\nenabled = true\n"
    asked = {}
    for name, text in {
        "off": off,
        "on": f"{off}[[account]]\nids = ['{account}']\n{on}",
        "other": f"{off}[[account]]\nids = ['999988887777']\n{on}",
    }.items():
        (work / "guardrift.toml").write_text(text)
        report = json.loads(run("scan", "--snapshot", faulty, "-q", "-o", "-").out)
        asked[name] = "iam-user-admin" in {rule["rule_id"] for rule in report["rules"]}

    assert asked == {"off": False, "on": True, "other": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('frameworks = ["cis@6.0.0"]', "select.frameworks: there is no version '6.0.0' of cis"),
        ('frameworks = ["csf"]', "select.frameworks: there is no framework 'csf'"),
        ('families = ["imd"]', "select.families: there is no family 'imd'"),
        ('phases = ["detct"]', "select.phases: there is no phase 'detct'"),
        ('rules = ["imds-v1-instanc"]', "select.rules: there is no rule 'imds-v1-instanc'"),
        ('families = ["trails"]\nphases = ["eradicate"]', "no rule is left to ask"),
        ('[declared]\nregions = ["eu-wset-1"]', "declared.regions names eu-wset-1, which is no region"),
        (
            '[[account]]\nids = ["999988887777"]\n[account.declared]\nregions = ["eu-wset-1"]',
            "account[0].declared.regions names eu-wset-1",
        ),
    ],
)
def test_what_a_scan_would_refuse_is_refused_by_the_check(run: Run, work: Path, text: str, said: str) -> None:
    (work / "guardrift.toml").write_text(f"[select]\n{text}\n")

    ended = run("config", "check")

    assert ended.code == 2
    assert said in ended.err


def test_the_check_knows_rules_of_one_s_own(run: Run, work: Path) -> None:
    assert run("rules", "new", "acme-x", "--rules", "own").code == 0
    (work / "guardrift.toml").write_text('[rules.acme-x]\nseverity = "critical"\n')

    assert run("config", "check").code == 2
    assert run("config", "check", "--rules", "own").code == 0


def test_a_section_of_an_account_is_checked_even_if_another_account_is_scanned(
    run: Run, clean: Path, work: Path
) -> None:
    (work / "guardrift.toml").write_text('[[account]]\nids = ["999988887777"]\n[account.rules.no-such-rule]\n')

    ended = run("scan", "--snapshot", clean)

    assert ended.code == 2
    assert "account[0].rules" in ended.err


def test_a_rule_that_is_off_for_the_account(run: Run, faulty: Path, work: Path) -> None:
    account_id = json.loads(faulty.read_bytes())["account_id"]
    section = f'[[account]]\nids = ["{account_id}"]\n[account.rules.guardduty-off]\nenabled = false\n'
    (work / "guardrift.toml").write_text(section)

    run("scan", "--snapshot", faulty, "--family", "guardduty", "-o", "report.json")

    asked = {rule["rule_id"] for rule in json.loads((work / "report.json").read_text())["rules"]}
    assert asked
    assert "guardduty-off" not in asked


def test_every_control_in_scope_is_covered_or_says_why_not() -> None:
    for framework, version in IN_SCOPE:
        for found in coverage(framework, version, RULES.values()).controls:
            assert found.rules or found.control.undecidable, (version, found.control)


def test_rules_name_no_control_that_is_not_in_scope() -> None:
    for (framework, version), controls in IN_SCOPE.items():
        named = {
            control.control
            for rule in RULES.values()
            for control in rule.controls
            if (control.framework, control.version) == (framework, version)
        }
        assert named <= set(controls)


def test_the_compliance_view(run: Run) -> None:
    told = json.loads(run("rules", "list", "--framework", "cis", "--version", "7.0.0", "--format", "json").out)

    assert (told["framework"], told["version"]) == ("CIS AWS Foundations", "7.0.0")
    controls = {control["control"]: control for control in told["controls"]}
    assert controls["6.7"]["rules"] == [rule.id for rule in RULES.values() if "6.7" in _cis_7(rule.id)]
    assert list(controls) == sorted(controls, key=lambda number: [int(part) for part in number.split(".")])
    text = run("rules", "list", "--framework", "cis").out
    assert "CIS AWS Foundations 7.0.0" in text
    assert run("rules", "list", "--version", "7.0.0").code == 2
    assert all(run("rules", "list", "--framework", name).code == 0 for name in FRAMEWORKS)


def test_the_compliance_view_of_some_rules_tells_what_these_decide(run: Run) -> None:
    chosen = ("rules", "list", "--framework", "cis", "--family", "imds")
    told = json.loads(run(*chosen, "--format", "json").out)

    families = {RULES[rule_id].family for control in told["controls"] for rule_id in control["rules"]}
    assert families == {"imds"}
    assert told["narrowed"]
    assert all(control["rules"] for control in told["controls"])
    text = run(*chosen).out
    number = sum(rule.family == "imds" for rule in RULES.values())
    assert f"{len(told['controls'])} controls decided by the {number} chosen rules; the others are left out" in text
    assert "not decidable" not in text


@pytest.mark.parametrize("framework", ["nist-csf", "well-architected", "attack"])
def test_where_only_mapped_controls_are_known_none_is_said_to_be_decided(run: Run, framework: str) -> None:
    text = run("rules", "list", "--framework", framework).out
    told = json.loads(run("rules", "list", "--framework", framework, "--format", "json").out)

    assert re.search(r": \d+ controls mapped\n", text)
    assert "in scope" not in text
    assert {control["status"] for control in told["controls"]} == {"mapped"}


def test_what_is_out_of_scope_is_said_with_the_reason(run: Run) -> None:
    said = "Out of scope are those on storage, databases and networks"

    assert said in " ".join(run("rules", "list", "--framework", "cis").out.split())
    assert said in json.loads(run("rules", "list", "--framework", "cis", "--format", "json").out)["about"]
    assert said in controls_page(RULES.values())


@pytest.mark.parametrize("command", [("rules", "list"), ("scan",)])
def test_rules_of_no_severity_are_no_choice(run: Run, command: tuple[str, ...]) -> None:
    """It would be taken for every rule."""
    ended = run(*command, "--severity", "none")

    assert ended.code == 2
    assert "'none' is not one of" in ended.err


def _cis_7(rule_id: str) -> set[str]:
    return {
        each.control
        for each in RULES[rule_id].controls
        if (each.framework, each.version) == ("CIS AWS Foundations", "7.0.0")
    }
