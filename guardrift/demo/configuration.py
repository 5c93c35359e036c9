"""What the owner of the demo account says of it, as the file that a scan would find."""

from __future__ import annotations

from guardrift.demo.roles import RESPONSE_ROLE
from guardrift.demo.seed_storage import EXPORTS_BUCKET
from guardrift.demo.setting import SECURITY_ACCOUNT_ID
from guardrift.demo.users import BREAK_GLASS

FILE = "guardrift.toml"

CONFIGURATION = f"""\
version = 1

[declared]
# Who contains stolen credentials, and the account from which they come.
response_roles = ["role/{RESPONSE_ROLE}"]
response_accounts = ["{SECURITY_ACCOUNT_ID}"]
# Powerful and unused on purpose.
break_glass = ["user/{BREAK_GLASS}"]
# Where alerts may be sent by mail.
mail_domains = ["example.com"]
# The bucket with the data of customers.
sensitive_buckets = ["{EXPORTS_BUCKET}"]
"""
