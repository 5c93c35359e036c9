"""What is said of the mistakes of queries and tables."""

from __future__ import annotations

from policies.responders.faults import Says

SAYS = {
    "sql-stray-escape": Says(
        "A backslash stands outside a text.",
        "The query is refused: what it was to find is not looked for.",
        "Writes queries that are tried before they are shown.",
    ),
    "sql-cut-off": Says(
        "A semicolon ends the statement before {}.",
        "What follows is refused, or the answer comes without order: the beginning of the attack is not seen.",
        "Writes one statement, and ends it at its end.",
    ),
    "sql-unbounded": Says(
        "There is no bound in time.",
        "All logs are read at full price, and the query runs into its limit in the hour when it is needed.",
        "Bounds every query by the partition of the day, from before the first activity of the finding.",
    ),
    "sql-missing-comma": Says(
        "A comma is missing before {}, so that it is only the name of the column before it.",
        "The answer lacks the column and shows another under its name: what the thief did is not seen.",
        "Writes queries that are tried before they are shown.",
    ),
    "sql-count-skips": Says(
        "It counts {}, which records may lack: those are not counted.",
        "Calls by services, and by others without that field, do not show in the ranking.",
        "Counts records with COUNT(*).",
    ),
    "sql-key-only": Says(
        "It looks for one access key alone.",
        "Sessions that were made with the key have keys of their own: what the thief does with them is not found.",
        "Follows the sessions that a key made, and those that these made.",
    ),
    "sql-no-such-code": Says(
        "No record has the error code {}: they are compared whole.",
        "It finds nothing, which looks as if nobody had tried anything.",
        "Looks for the codes that services really give.",
    ),
    "sql-misses-refusals": Says(
        "Of the refusals, {} is not looked for.",
        "A thief who tries out EC2, or everything else, does not show.",
        "Looks for the codes that services really give.",
    ),
    "sql-misses-persistence": Says(
        "Of the calls that give a lasting way in, it does not look for {}.",
        "A key, password, trust or provider that was made there stays behind when the rest is cleaned up.",
        "Looks for every such call.",
    ),
    "table-unpartitioned": Says(
        "The table has no partitions.",
        "Each query reads all logs of all time: it is slow and dear when hours count.",
        "Makes a table with projected partitions by account, region and day.",
    ),
    "table-old-serde": Says(
        "It reads with {}, which AWS has replaced.",
        "Fields that it does not know are lost.",
        "Reads with org.apache.hive.hcatalog.data.JsonSerDe.",
    ),
    "table-lacks-columns": Says(
        "The table lacks {}.",
        "How an instance handed out the credential, and who stands behind a session, cannot be asked.",
        "Makes a table with these columns.",
    ),
    "table-reads-digests": Says(
        "It reads all that lies under {}.",
        "Digests and insights are read as records: answers are slow, wrong or refused.",
        "Reads the folders of CloudTrail records alone.",
    ),
}
