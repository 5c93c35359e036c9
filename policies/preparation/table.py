"""The table by which Athena reads the logs of CloudTrail, with partitions that are computed rather than added.

Sources: "Create a table for CloudTrail logs in Athena using partition projection" in the Amazon Athena User Guide;
"CloudTrail record contents" in the CloudTrail User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

DATABASE = "guardrift"
TABLE = "cloudtrail"

_TEXTS = (
    "eventversion", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode",
    "errormessage", "eventid", "requestid", "eventtype", "readonly", "managementevent", "recipientaccountid",
    "sharedeventid", "vpcendpointid", "vpcendpointaccountid", "eventcategory", "sessioncredentialfromconsole",
    "requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
)  # fmt: skip

_IDENTITY = (
    "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,"
    "username:string,onbehalfof:struct<userid:string,identitystorearn:string>,"
    "sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "ec2roledelivery:string,sourceidentity:string,"
    "webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>"
)

COLUMNS = (
    *((name, "string") for name in _TEXTS),
    ("resources", "array<struct<arn:string,accountid:string,type:string>>"),
    ("useridentity", _IDENTITY),
)
"""Name and type of each column."""

PARTITIONS = ("region", "day")
"""The columns that are part of the path; a query names days, or reads everything."""

INPUT = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
SERDE = "org.apache.hive.hcatalog.data.JsonSerDe"


def properties(location: object, regions: object, start: object) -> dict[str, object]:
    """How the partitions are computed.

    Args:
        location: the path of a file's folder, with Athena's own ``${region}`` and ``${day}``.
        regions: names of regions, separated by commas.
        start: the first day, as 2026/01/01.
    """
    return {
        "projection.enabled": "true",
        "projection.region.type": "enum",
        "projection.region.values": regions,
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": start,
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": location,
    }


def named(columns: Iterable[tuple[str, str]], name: str = "Name", kind: str = "Type") -> list[dict[str, str]]:
    """Columns as CloudFormation has them, or with other names for the two, as Terraform has them."""
    return [{name: column, kind: type_} for column, type_ in columns]
