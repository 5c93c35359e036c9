"""For whom tokens and assertions were issued, and principals that are gone."""

from __future__ import annotations

import pytest

from rules.trust import federation
from tests.accounts import OWN, Case, Json
from tests.rules.test_federation import (
    COGNITO,
    DENIED,
    EKS,
    GITHUB,
    GOOGLE,
    MAIN,
    SAML,
    UNKNOWN,
    WEB,
    claims,
    equal,
    judged,
    like,
    only,
    web,
)
from tests.rules.trusting import OWN_ROOT, admit, refuse, trusting

AUDIENCE = federation.iam_role_trust_oidc_audience.id
RECIPIENT = federation.iam_role_trust_saml_audience.id
DELETED = federation.iam_role_trust_deleted_principal.id

AUDIENCE_GRADES: list[tuple[str, Json, str]] = [
    ("GitHub", claims(sub=MAIN), "low"),
    ("GitHub, an audience", claims(sub=MAIN, aud="sts.amazonaws.com"), "pass"),
    ("GitHub, audiences", claims(aud=["sts.amazonaws.com", "sts.amazonaws.com.cn"]), "pass"),
    ("GitHub, audiences that begin alike", claims("StringLike", aud="sts.*"), "pass"),
    ("GitHub, any audience", claims("StringLike", aud="*"), "low"),
    ("GitHub, an audience or any", claims("StringLike", aud=["sts.amazonaws.com", "*"]), "low"),
    ("GitHub, an audience if there is one", claims("StringEqualsIfExists", aud="sts.amazonaws.com"), "low"),
    ("GitHub, all audiences", claims("ForAllValues:StringEquals", aud="sts.amazonaws.com"), "low"),
    ("GitHub, not some audience", claims("StringNotEquals", aud="x"), "low"),
    ("Deny unless the audience", trusting(web(), refuse(action=WEB, StringNotEquals={f"{GITHUB}:aud": "x"})), "pass"),
    (
        "Deny unless the audience or the sub",
        trusting(web(), refuse(action=WEB, StringNotEquals={f"{GITHUB}:aud": "x", f"{GITHUB}:sub": MAIN})),
        "low",
    ),
    ("EKS", equal("system:serviceaccount:shop:api", issuer=EKS), "low"),
    ("EKS, an audience", equal("sts.amazonaws.com", issuer=EKS, claim="aud"), "pass"),
    ("Pulumi, where it tells the customers apart", trusting(web("api.pulumi.com/oidc")), "medium"),
    ("Pulumi, an audience", equal("aws:acme", issuer="api.pulumi.com/oidc", claim="aud"), "pass"),
    ("Cognito", like("authenticated", issuer=COGNITO, claim="amr", operator="ForAnyValue:StringLike"), "critical"),
    ("Cognito, a pool", equal("eu-west-1:0a", issuer=COGNITO, claim="aud"), "pass"),
    ("Cognito, any pool of a region", like("eu-west-1:*", issuer=COGNITO, claim="aud"), "critical"),
    ("Cognito, one identity", equal("eu-west-1:1b", issuer=COGNITO), "pass"),
    ("Cognito in GovCloud", trusting(admit({"Federated": "cognito-identity-us-gov.amazonaws.com"}, WEB)), "critical"),
    ("Google", trusting(web(GOOGLE)), "critical"),
    ("Google, an application", equal("123.apps.googleusercontent.com", issuer=GOOGLE, claim="aud"), "pass"),
    ("Google, any application", like("*.apps.googleusercontent.com", issuer=GOOGLE, claim="aud"), "critical"),
    (
        "Google, the audience that callers choose",
        equal("https://acme.example", issuer=GOOGLE, claim="oaud"),
        "critical",
    ),
    ("Google, one account", equal("100018646976219416293", issuer=GOOGLE), "pass"),
    (
        "Google, an organization",
        like("123", issuer=GOOGLE, claim="google/organization_number", operator="NumericEquals"),
        "pass",
    ),
    ("Facebook", trusting(admit({"Federated": "graph.facebook.com"}, WEB)), "critical"),
    (
        "Facebook, an application",
        trusting(admit({"Federated": "graph.facebook.com"}, WEB, StringEquals={"graph.facebook.com:app_id": "1"})),
        "pass",
    ),
    (
        "Amazon, the application of another issuer, which no token has",
        trusting(admit({"Federated": "www.amazon.com"}, WEB, StringEquals={"graph.facebook.com:app_id": "1"})),
        "pass",
    ),
    ("Amazon", trusting(admit({"Federated": "www.amazon.com"}, WEB)), "critical"),
    ("one of two", trusting(web(StringEquals={f"{GITHUB}:aud": "x"}), web(GOOGLE)), "critical"),
    ("frozen", trusting(web(GOOGLE), refuse(action="*")), "pass"),
    ("SAML", trusting(admit({"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}, SAML)), "pass"),
]

AUDIENCES: list[Case] = [
    (name, facts, "pass" if word == "pass" else "fail") for name, facts, word in AUDIENCE_GRADES
] + UNKNOWN


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in AUDIENCES])
def test_audience(facts: Json, expected: str) -> None:
    assert judged(AUDIENCE, facts)[0] == expected


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in AUDIENCE_GRADES])
def test_how_bad_an_audience_is(facts: Json, expected: str) -> None:
    assert [found.severity for found in judged(AUDIENCE, facts)[1]] == ([] if expected == "pass" else [expected])


def test_what_is_said_of_an_audience() -> None:
    strangers, listed = only(AUDIENCE, trusting(web(GOOGLE), web())), only(AUDIENCE, trusting(web()))

    assert (
        strangers.message == "Tokens of Google are accepted that any application or identity pool got, whoever owns it."
    )
    assert strangers.evidence["material"] == [f"audience:{GOOGLE}:", f"audience:{GITHUB}:"]
    assert listed.message == "Tokens of GitHub Actions are accepted for every audience on the list of the provider."
    assert [trust["statement"] for trust in listed.evidence["trusts"]] == [0]


IDP = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}
SIGN_IN = "https://signin.aws.amazon.com/saml"
REGIONAL = "https://*.signin.aws.amazon.com/saml"


def saml(**conditions: object) -> Json:
    return trusting(admit(IDP, SAML, **conditions))


RECIPIENTS: list[Case] = [
    ("no condition", saml(), "fail"),
    ("the sign-in endpoint", saml(StringEquals={"SAML:aud": SIGN_IN}), "pass"),
    ("in lower case", saml(stringequals={"saml:aud": SIGN_IN}), "pass"),
    ("endpoints of regions", saml(StringLike={"SAML:aud": [SIGN_IN, REGIONAL]}), "pass"),
    ("China", saml(StringEquals={"SAML:aud": "https://signin.amazonaws.cn/saml"}), "pass"),
    ("anything", saml(StringLike={"SAML:aud": "*"}), "fail"),
    ("a star, to the letter, which no assertion has", saml(StringEquals={"SAML:aud": "*"}), "pass"),
    ("anything over TLS", saml(StringLike={"SAML:aud": "https://*"}), "fail"),
    ("anything with SAML", saml(StringLike={"SAML:aud": "https://*/saml"}), "fail"),
    ("the endpoint or anything", saml(StringLike={"SAML:aud": [SIGN_IN, "*"]}), "fail"),
    ("somebody else's endpoint", saml(StringEquals={"SAML:aud": "https://sp.example.com/saml"}), "fail"),
    ("if there is one", saml(StringEqualsIfExists={"SAML:aud": SIGN_IN}), "fail"),
    ("all of them", saml(**{"ForAllValues:StringEquals": {"SAML:aud": SIGN_IN}}), "fail"),
    ("any but some", saml(StringNotEquals={"SAML:aud": "x"}), "fail"),
    ("there is one", saml(Null={"SAML:aud": "false"}), "fail"),
    ("the issuer alone", saml(StringEquals={"SAML:iss": "https://idp.acme.example"}), "fail"),
    ("Deny unless", trusting(admit(IDP, SAML), refuse(action=SAML, StringNotEquals={"SAML:aud": SIGN_IN})), "pass"),
    ("Deny if", trusting(admit(IDP, SAML), refuse(action=SAML, StringEquals={"SAML:aud": SIGN_IN})), "fail"),
    (
        "Deny of another provider unless",
        trusting(admit(IDP, SAML), refuse({"Federated": "x"}, SAML, StringNotEquals={"SAML:aud": SIGN_IN})),
        "fail",
    ),
    ("a claim of OpenID Connect, which no assertion has", saml(StringEquals={f"{GITHUB}:sub": MAIN}), "pass"),
    ("frozen", trusting(admit(IDP, SAML), refuse(action="sts:*")), "pass"),
    ("frozen for web identities", trusting(admit(IDP, SAML), refuse(action=WEB)), "fail"),
    ("another action", trusting(admit(IDP, "sts:TagSession")), "pass"),
    ("one of two", trusting(admit(IDP, SAML, StringEquals={"SAML:aud": SIGN_IN}), admit(IDP, SAML)), "fail"),
    ("OpenID Connect", trusting(web()), "pass"),
    ("malformed", trusting(admit(IDP, SAML), {"Effect": "Allow"}), "unknown"),
    ("a provider of no known form", trusting(admit({"Federated": "idp"}, SAML)), "unknown"),
    ("denied", DENIED, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in RECIPIENTS])
def test_recipient(facts: Json, expected: str) -> None:
    assert judged(RECIPIENT, facts)[0] == expected


def test_the_evidence_of_a_recipient() -> None:
    found = only(RECIPIENT, saml())

    assert found.severity == "low"
    assert found.evidence["material"] == [f"recipient:{IDP['Federated']}"]


USER, ROLE = "AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123"

GONE: list[Case] = [
    ("a user", trusting(admit({"AWS": USER})), "fail"),
    ("a role", trusting(admit({"AWS": ROLE})), "fail"),
    ("a user among others", trusting(admit({"AWS": [OWN_ROOT, USER]})), "fail"),
    ("a user that is refused", trusting(admit({"AWS": OWN_ROOT}), refuse({"AWS": USER})), "fail"),
    ("frozen, and dead all the same", trusting(admit({"AWS": USER}), refuse()), "fail"),
    ("a user that exists", trusting(admit({"AWS": f"arn:aws:iam::{OWN}:user/{USER}"})), "pass"),
    ("an id in a condition", trusting(admit({"AWS": OWN_ROOT}, StringLike={"aws:userid": f"{ROLE}:*"})), "pass"),
    ("a service", trusting(admit({"Service": "ec2.amazonaws.com"})), "pass"),
    ("malformed", trusting(admit({"AWS": USER}), {"Effect": "Allow"}), "unknown"),
    ("denied", DENIED, "unknown"),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in GONE])
def test_deleted_principal(facts: Json, expected: str) -> None:
    assert judged(DELETED, facts)[0] == expected


def test_the_evidence_of_deleted_principals() -> None:
    one = only(DELETED, trusting(admit({"AWS": ROLE})))
    two = only(DELETED, trusting(admit({"AWS": ROLE}), refuse({"AWS": USER})))

    assert one.message == f"The trust policy names {ROLE}, which no longer exists."
    assert two.message == f"The trust policy names {USER}, {ROLE}, which no longer exist."
    assert two.evidence["material"] == [f"admits:{ROLE}", f"refuses:{USER}"]
    assert two.evidence["statements"] == [0, 1]


TABLES = {AUDIENCE: AUDIENCES, RECIPIENT: RECIPIENTS, DELETED: GONE}
