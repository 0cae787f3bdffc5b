"""The services of block models."""

from coreshed.blockmodels.service.analyses import Analyses, Begun
from coreshed.blockmodels.service.deltas import Deltas
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.models import ListQuery, Models
from coreshed.blockmodels.service.queries import Queries
from coreshed.blockmodels.service.report_comparisons import Comparisons
from coreshed.blockmodels.service.report_runs import Awaited, Run, Runs
from coreshed.blockmodels.service.reports import Reports
from coreshed.blockmodels.service.sql import Sql
from coreshed.blockmodels.service.updates import Updates
from coreshed.blockmodels.service.versions import Publication, Versions

__all__ = [
    "Awaited",
    "Begun",
    "BlockModels",
    "Deltas",
    "Ground",
    "ListQuery",
    "Models",
    "Progress",
    "Publication",
    "Run",
    "Versions",
]


class BlockModels:
    """Block models of all workspaces: services over one ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.models = Models(ground)
        self.versions = Versions(ground)
        self.progress = Progress(ground, self.versions)
        self.updates = Updates(ground, self.progress)
        self.queries = Queries(ground, self.progress, self.versions)
        self.sql = Sql(ground, self.progress, self.versions)
        self.deltas = Deltas(ground, self.versions)
        self.analyses = Analyses(ground, self.progress, self.versions)
        self.runs = Runs(ground, self.progress, self.versions)
        self.reports = Reports(ground, self.runs)
        self.comparisons = Comparisons(ground, self.progress, self.runs)
