"""PostgreSQL databases that tests use one after the other.

To make one copies more than 600 files, most of it in the kernel; to empty one that is as it was made but for its rows
takes a tenth of that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

# Above it the tables are larger than those of a new database, and slower to read.
_MOST_ROWS = 2_000
# Everything that tests could have changed but for rows, and the rows that migrations leave.
_SHAPE = """
select md5(concat(
  (select string_agg(concat_ws(' ', relname, relkind, relnatts), ',' order by relname)
     from pg_class where relnamespace = 'public'::regnamespace),
  (select count(*) from pg_attribute where attisdropped),
  (select string_agg(concat_ws(' ', conname, conrelid::regclass), ',' order by conname, conrelid::regclass::text)
     from pg_constraint where connamespace = 'public'::regnamespace),
  (select count(*) from pg_trigger where not tgisinternal),
  (select count(*) from pg_proc where pronamespace = 'public'::regnamespace),
  (select count(*) from pg_namespace),
  (select string_agg(version_num, ',') from alembic_version_main),
  (select string_agg(version_num, ',') from alembic_version_staging)
))
"""
_OTHERS_OUT = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""
_EMPTY = """
do $$
declare
  name regclass;
  found boolean;
  gone bigint;
  total bigint := 0;
begin
  set local session_replication_role = replica;
  set local lock_timeout = '5s';
  for name in select oid::regclass from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'alembic_version_%'
  loop
    execute format('select exists (select from %s)', name) into found;
    if found then
      execute format('delete from %s', name);
      get diagnostics gone = row_count;
      total := total + gone;
    end if;
  end loop;
  for name in select oid::regclass from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'
  loop
    perform setval(name, 1, false);
  end loop;
  perform set_config('coreshed.deleted', total::text, false);
end $$
"""


@dataclass
class SpareDatabases:
    """Of one cluster. make: the URL of a new database; drop: end one."""

    make: Callable[[], str]
    drop: Callable[[str], None]
    shape: str = ""
    _spare: list[str] = field(default_factory=list)

    def take(self) -> str:
        """The URL of an empty database that nobody else uses."""
        if self._spare:
            return self._spare.pop()
        url = self.make()
        if not self.shape:
            with psycopg.connect(url, autocommit=True) as rows:
                self.shape = _shape(rows)
        return url

    def give_back(self, url: str) -> None:
        """Keep it for the next test, or drop it where it is not as it was made."""
        if self._emptied(url):
            self._spare.append(url)
        else:
            self.drop(url)

    def _emptied(self, url: str) -> bool:
        try:
            with psycopg.connect(url, autocommit=True) as rows:
                rows.execute(_OTHERS_OUT)
                if _shape(rows) != self.shape:
                    return False
                rows.execute(_EMPTY)
                deleted = rows.execute("select current_setting('coreshed.deleted')::bigint").fetchone()
        except psycopg.Error:  # a table that the test renamed, a backend that does not end
            return False
        return deleted is not None and deleted[0] <= _MOST_ROWS


def _shape(rows: "psycopg.Connection[tuple[str]]") -> str:
    found = rows.execute(_SHAPE).fetchone()
    assert found is not None
    return found[0]
