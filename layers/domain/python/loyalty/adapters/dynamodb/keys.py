"""Where things are in the table.

A program's id holds no `#`, so `program#kind#` ends where the store's own text starts, and that text
comes last in its key: no two ids can ever share a key.

| item           | pk                                | sk                |
|----------------|-----------------------------------|-------------------|
| movement       | `{program}#{cause kind}#{ref}`    | position, 8 digits|
| account        | `{program}#member#{customer}`     | `account`         |
|                | `{program}#guest#{customer}`      |                   |
| write-off      | `{program}#write-off#{day}`       | run, instant, seal     |
| purge run      | `{program}#purges`                | run               |
| its parts      | `{program}#purges`                | run `#` part      |
| closed day     | `{program}#closed`                | `{day}#{shard}`   |
| job            | `{program}#jobs`                  | job               |
| its parts      | `{program}#job-parts#{job}`       | `done#` or `undone#` part |
| its key        | `{program}#job-key#{key}`         | `job`             |
| past actions   | `{program}#past-actions`          | `job`             |
| settings       | `programs`                        | program id        |
| their versions | `{program}#settings`              | version, 8 digits |

| index                | hash                          | range       | holds                          |
|----------------------|-------------------------------|-------------|--------------------------------|
| movements_by_account | `account`: the account's pk   | `sequence`  | every movement of points       |
|                      | `{program}#member-aside#{customer}` | microseconds | records of a customer that moved nothing |
|                      | `{program}#guest-aside#{customer}`  |             |                                |
| movements_by_day     | `day`: `{program}#{day}#{n}`  | `recorded`  | every movement of points       |
| accounts_by_expiry   | `expiry_shard`: `{program}#{n}` | `due`     | accounts with points to expire |
| accounts_by_program  | `program_shard`: `{program}#{n}` | `pk`      | every account                  |
|                      | `{program}#cards#{n}`         | `pk`        | the first movement of every card |
| audit_by_month       | `audit`: `{program}#{month}`  | `recorded`  | what administrators did        |
"""

from datetime import UTC, date, datetime, timedelta
from zlib import crc32

from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.values.calendar import sortable

ACCOUNT_SK = "account"
JOB_SK = "job"
PROGRAMS_PK = "programs"
EXPIRY_SHARDS = 16
"""At 1,000 write units a second and partition, some 8,000 accounts a second leave the index."""
DAY_SHARDS = 4
"""At 1,000 write units a second and partition, some 4,000 movements a second enter the index."""
CARD_SHARDS = 4
"""At 1,000 write units a second and partition, some 4,000 new cards a second enter the index."""


def cause_pk(cause: Cause) -> str:
    return f"{cause.program_id}#{cause.kind}#{cause.reference}"


def position_sk(position: int) -> str:
    return f"{position:08d}"


def account_pk(account_id: AccountId) -> str:
    who = "guest" if account_id.guest else "member"
    return f"{account_id.program_id}#{who}#{account_id.customer_id}"


def account_id(pk: str) -> AccountId:
    """The account whose key `pk` is, or beside which it is."""
    program_id, who, customer_id = pk.split("#", 2)
    return AccountId(program_id, customer_id, guest=who in ("guest", "guest-aside"))


def aside_pk(account_id: AccountId) -> str:
    """Where `movements_by_account` keeps what concerns a customer and moved nothing: beside their statement."""
    who = "guest-aside" if account_id.guest else "member-aside"
    return f"{account_id.program_id}#{who}#{account_id.customer_id}"


def is_aside(pk: str) -> bool:
    return pk.split("#", 2)[1].endswith("-aside")


def microseconds(at: datetime) -> int:
    """An instant (UTC) as a number that sorts as time does."""
    return (at - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def audit_key(program_id: str, month: date) -> str:
    return f"{program_id}#{month:%Y-%m}"


def settings_pk(program_id: str) -> str:
    return f"{program_id}#settings"


def write_off_pk(program_id: str, day: date) -> str:
    return f"{program_id}#write-off#{day.isoformat()}"


def purges_pk(program_id: str) -> str:
    return f"{program_id}#purges"


def jobs_pk(program_id: str) -> str:
    return f"{program_id}#jobs"


def job_pk(program_id: str, job_id: str) -> str:
    return f"{program_id}#job-parts#{job_id}"


def job_key_pk(program_id: str, key: str) -> str:
    return f"{program_id}#job-key#{key}"


def past_actions_pk(program_id: str) -> str:
    return f"{program_id}#past-actions"


def closed_pk(program_id: str) -> str:
    return f"{program_id}#closed"


def closed_sk(day: date, shard: int) -> str:
    return f"{day.isoformat()}#{shard}"


def day_key(program_id: str, day: date, shard: int) -> str:
    return f"{program_id}#{day.isoformat()}#{shard}"


def shard_key(program_id: str, shard: int) -> str:
    return f"{program_id}#{shard}"


def cards_key(program_id: str, shard: int) -> str:
    """Where cards are listed: apart from accounts, whose key has a number in place of `cards`."""
    return f"{program_id}#cards#{shard}"


def card_shard(card: Cause) -> int:
    return shard_of(cause_pk(card), CARD_SHARDS)


def shard_of(text: str, shards: int) -> int:
    """The same shard for the same text, always and everywhere."""
    return crc32(text.encode()) % shards


def instant(at: datetime) -> str:
    """An instant (UTC) as text that sorts as time does."""
    return sortable(at)
