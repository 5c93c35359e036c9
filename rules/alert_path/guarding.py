"""Who else can use the topics of alerts, and who can read on the way."""

from __future__ import annotations

from rules.alert_path.places import AlertTopic, topics
from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.events.delivery_places import places_of
from scanner.events.strangers import ANYBODY, caller_may
from scanner.inventory import TopicDetail, Undetermined, known

_GUIDE = "https://docs.aws.amazon.com/sns/latest/dg/"
_ALERTS = (
    "events:ListRules",
    "events:ListTargetsByRule",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeMetricFilters",
    "sns:GetTopicAttributes",
)
_ON_TOPICS = (
    "sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:AddPermission",
    "sns:RemovePermission",
)  # fmt: skip


@rule(
    "alert-topic-public",
    severity="high",
    phase="detect",
    subjects=topics,
    apis=_ALERTS,
    controls=(
        *cis(v7="2.21"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP07"),
        *attack(v18="T1530"),
    ),
    references=(f"{_GUIDE}sns-security-best-practices.html", f"{_GUIDE}sns-access-policy-use-cases.html"),
)
def alert_topic_public(found: AlertTopic, _: Scene[NoParameters]) -> Hit | None:
    r"""Anybody with an AWS account may use a topic of alerts.

    ## Why
    Who may subscribe reads what you have noticed, as soon as you do; who may publish drowns the real alert in false
    ones, or sends one with a link; who may set attributes or delete the topic silences it. A policy that names
    everybody under a condition that only the account itself meets, as SNS makes it, is fine; one that only asks for
    the protocol is met by everybody.

    ## Fix
    Name the account or the services in the policy of the topic, with aws:SourceArn for services.

    ## Breaks
    Publishers of other accounts that nobody wrote down; name them.

    ## Bad
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "policy":
       {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": "*"}]}}}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic", "policy":
       {"kind": "policy", "document": {"Version": "2008-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": "*",
          "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}}]}}}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    policy = _detail(found).policy
    answers = {action: caller_may(policy, action, found.arn, ANYBODY) for action in _ON_TOPICS}
    actions = [action for action, answer in answers.items() if answer == "yes"]
    if not actions:
        for action, answer in answers.items():
            if answer == "only_if":
                raise Undetermined(f"Whether anybody may {action} hangs on conditions that are not known")
        return None
    return Hit(
        f"Anybody may {', '.join(actions)} here, where {found.publishing}.",
        material=tuple(f"public:{action}" for action in actions),
        details={"actions": actions, "senders": list(found.senders)},
    )


def _detail(found: AlertTopic) -> TopicDetail:
    detail = known(found.topic.detail)
    if detail is None:
        raise Undetermined("The topic does not exist")
    return detail


@rule(
    "alert-topic-plain-http",
    severity="high",
    phase="detect",
    subjects=topics,
    apis=(*_ALERTS, "sns:ListSubscriptions"),
    controls=(*csf("PR.DS-02"), *well_architected("SEC09-BP02"), *attack(v18="T1040")),
    references=(f"{_GUIDE}sns-security-best-practices.html",),
)
def alert_topic_plain_http(found: AlertTopic, scene: Scene[NoParameters]) -> Hit | None:
    r"""Alerts travel to a subscriber without encryption.

    ## Why
    A subscription with the protocol http sends the alert over the internet for everybody on the way to read and to
    change: what was noticed, of whom, and when. The thief who sits there drops it.

    ## Fix
    Subscribe the same endpoint with https, have it confirmed, then end the subscription with http.

    ## Breaks
    Nothing, if the endpoint has a certificate that is not self-signed.

    ## Bad
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic"}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "http",
         "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "alerts.example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic"}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "subscriptions": [{"topic": "arn:aws:sns:eu-west-1:111122223333:security", "protocol": "https",
         "arn": "arn:aws:sns:eu-west-1:111122223333:security:5f1d", "endpoint": "alerts.example.com"}],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    listed = known(places_of(scene.account).subscriptions(found.arn))
    plain = [each for each in listed if each.is_confirmed and each.protocol == "http"]
    if not plain:
        return None
    hosts = sorted({each.endpoint or "an unknown host" for each in plain})
    return Hit(
        f"What {found.publishing} goes to {', '.join(hosts)} by plain HTTP.",
        material=tuple(f"http:{host}" for host in hosts),
        details={"subscriptions": [each.arn for each in plain]},
    )


@rule(
    "alert-topic-unencrypted",
    severity="low",
    phase="detect",
    subjects=topics,
    apis=_ALERTS,
    controls=(*csf("PR.DS-01"), *well_architected("SEC08-BP02"), *attack(v18="T1530")),
    references=(f"{_GUIDE}sns-server-side-encryption.html", f"{_GUIDE}sns-key-management.html"),
)
def alert_topic_unencrypted(found: AlertTopic, _: Scene[NoParameters]) -> Hit | None:
    r"""A topic of alerts is not encrypted with a key.

    ## Why
    Alerts wait in the topic while they are tried again. Without a key whoever may read the topic reads them; with a key
    of your own the policy of the key decides as well. It is a small thing beside the danger of losing alerts: the key
    of AWS for topics keeps rules and alarms out, and so does a key whose policy does not name them.

    ## Fix
    Encrypt the topic with a key of your own whose policy lets events.amazonaws.com and cloudwatch.amazonaws.com do
    kms:GenerateDataKey* and kms:Decrypt, and see an alert arrive. Never with alias/aws/sns.

    ## Breaks
    Every publisher whom the policy of the key does not name.

    ## Bad
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic"}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```

    ## Good
    ```json
    {"topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:security", "detail": {"kind": "topic",
       "kms_key": "arn:aws:kms:eu-west-1:111122223333:key/k1"}}],
     "regions": [{"name": "eu-west-1", "alarms": [], "metric_filters": [],
       "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:sns:eu-west-1:111122223333:security"}]}]}]}
    ```
    """
    if _detail(found).kms_key:
        return None
    return Hit(
        f"{found.publishing} to a topic that is not encrypted with a key.",
        material=("topic:no-key",),
        details={"senders": list(found.senders)},
    )
