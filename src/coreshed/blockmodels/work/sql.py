"""Answering statements in SQL: one file of what a process of their own makes of a version."""

from dataclasses import dataclass

from coreshed.blockmodels import orders
from coreshed.blockmodels.engine.queries import Output
from coreshed.blockmodels.orders import SqlAnswer, SqlOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.sql import require_duckdb
from coreshed.blockmodels.sql.running import Statement, Table
from coreshed.blockmodels.work.answers import publish_answer
from coreshed.jobs import Claim, JobContext


@dataclass(frozen=True)
class SqlWork:
    """What a worker does for a statement."""

    ground: Ground

    def run(self, claim: Claim, context: JobContext) -> None:
        """Write the file and publish it. Raises NotInstalled, Unprocessable, LeaseLost, OSError."""
        require_duckdb()
        order = orders.decode(claim.input, SqlOrder)
        snapshot = self.ground.blocks.store.snapshot(claim.owner.partition(":")[2], order.version_id)
        outputs = [Output(each.source, each.header, each.data) for each in order.columns]
        statement = Statement(order.query, order.output, Table(snapshot, outputs), self.ground.sql_limits)
        with self.ground.contents.writing() as made:
            count = statement.run(made.write, context.check)
        publish_answer(self.ground, claim, made, orders.encode(SqlAnswer(made.blob_id, count)))
