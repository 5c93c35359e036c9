"""Seeding of EC2: instances and launch templates that do, and do not, answer IMDSv1."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from guardrift.demo.emulator import backend
from guardrift.demo.setting import ENFORCING, HOME, iam_arn


class Machine(NamedTuple):
    """An instance, called by its ``Name`` tag; ``age`` is in days."""

    name: str
    tokens: str
    profile: str
    age: int
    is_terminated: bool = False


class Template(NamedTuple):
    """A launch template: per version what it says of tokens (None: nothing), the last version being the default."""

    name: str
    region: str
    image: str
    tokens: tuple[str | None, ...]


PLAIN_IMAGE = "demo-web"
IMDSV2_IMAGE = "demo-web-imdsv2"
"""The image that asks for ``ImdsSupport`` v2.0, so that what is launched from it requires tokens by default."""

MACHINES = (
    Machine("web-legacy", "optional", "web-legacy-app", 620),
    Machine("web-modern", "required", "web-modern-app", 40),
    Machine("web-retired", "optional", "web-legacy-app", 700, is_terminated=True),
)

TEMPLATES = (
    Template("web-fleet", HOME, PLAIN_IMAGE, ("required", "optional")),
    Template("batch-fleet", HOME, PLAIN_IMAGE, ("optional", "required")),
    Template("cache-fleet", HOME, IMDSV2_IMAGE, (None,)),
    Template("edge-fleet", ENFORCING, PLAIN_IMAGE, (None,)),
)

_TEMPLATE_AGE = timedelta(days=120)


def seed_compute(session: Any, at: datetime) -> None:
    """Create the images, instances and launch templates."""
    for region in (HOME, ENFORCING):
        ec2 = session.client("ec2", region_name=region)
        images = {name: _register_image(ec2, name) for name in (PLAIN_IMAGE, IMDSV2_IMAGE)}
        if region == HOME:
            for machine in MACHINES:
                _launch(ec2, machine, images[PLAIN_IMAGE], at)
        for template in TEMPLATES:
            if template.region == region:
                _create_template(ec2, template, images[template.image])
        _date_templates_and_images(backend("ec2", region), at - _TEMPLATE_AGE)


def instance_id(name: str) -> str:
    """The id of the machine with that name."""
    for instance in backend("ec2", HOME).all_instances():
        if ("Name", name) in {(tag["key"], tag["value"]) for tag in instance.get_tags()}:
            return str(instance.id)
    raise LookupError(name)


def template_id(name: str) -> str:
    """The id of the launch template with that name in the home region."""
    return next(str(found.id) for found in backend("ec2", HOME).launch_templates.values() if found.name == name)


def _register_image(ec2: Any, name: str) -> str:
    image = ec2.register_image(Name=name, RootDeviceName="/dev/xvda", Architecture="x86_64")
    return str(image["ImageId"])


def _launch(ec2: Any, machine: Machine, image: str, at: datetime) -> None:
    (made,) = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        ClientToken=machine.name,
        IamInstanceProfile={"Arn": iam_arn("instance-profile", machine.profile)},
        MetadataOptions={"HttpTokens": machine.tokens, "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": machine.name}]}],
    )["Instances"]
    _date_instance(backend("ec2", HOME).get_instance(made["InstanceId"]), at - timedelta(days=machine.age))
    if machine.is_terminated:
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def _date_instance(instance: Any, launched: datetime) -> None:
    instance.launch_time = launched
    for part in (*instance.block_device_mapping.values(), *instance.nics.values()):
        part.attach_time = launched


def _create_template(ec2: Any, template: Template, image: str) -> None:
    first, *later = (_template_data(image, tokens) for tokens in template.tokens)
    ec2.create_launch_template(LaunchTemplateName=template.name, LaunchTemplateData=first)
    for data in later:
        ec2.create_launch_template_version(LaunchTemplateName=template.name, LaunchTemplateData=data)
    ec2.modify_launch_template(LaunchTemplateName=template.name, DefaultVersion=str(len(template.tokens)))


def _date_templates_and_images(state: Any, made: datetime) -> None:
    for template in state.launch_templates.values():
        template.create_time = made
        for version in template.versions:
            version.create_time = made
    for image in state.amis.values():
        image.creation_date = made


def _template_data(image: str, tokens: str | None) -> dict[str, object]:
    data: dict[str, object] = {"ImageId": image, "InstanceType": "t3.small"}
    return data if tokens is None else {**data, "MetadataOptions": {"HttpTokens": tokens}}
