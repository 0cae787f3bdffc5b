"""What a user does with reports of the published `evo-blockmodels`, in a process of its own: see evo_blockmodels.py.

Arguments: API URL, key, work directory. Prints one line per step and `done`.
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from evo.aio import AioTransport
from evo.blockmodels import BlockModelAPIClient
from evo.blockmodels.endpoints.models import ReportCellStatus, ReportComparisonSpec
from evo.blockmodels.typed import (
    Aggregation,
    RegularBlockModel,
    RegularBlockModelData,
    Report,
    ReportCategorySpec,
    ReportColumnSpec,
    ReportSpecificationData,
    Units,
)
from evo.common import APIConnector, Environment, StaticContext
from evo.common.exceptions import EvoAPIException
from evo.common.utils import Cache
from evo.discovery import DiscoveryAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.workspaces import WorkspaceAPIClient


def cells() -> pd.DataFrame:
    """10 x 10 x 5 blocks of 25 x 25 x 10 m: see tests/blockmodels/reporting.py, whose figures these are."""
    i, j, k = np.indices((10, 10, 5)).reshape(3, -1)
    return pd.DataFrame(
        {
            "x": 1012.5 + i * 25,
            "y": 2012.5 + j * 25,
            "z": 105.0 + k * 10,
            "Au": i / 2 + k,
            "density": 2.5 + k / 10,
        }
    )


def domains() -> pd.DataFrame:
    """Where each block belongs."""
    made = cells()[["x", "y", "z"]].copy()
    made["domain"] = np.array(["LMS1", "LMS1", "LMS2", "LMS3", "LMS3"])[((made["z"] - 105) / 10).astype(int)]
    return made


class Notebook:
    """The reports of one model, in the order of the public notebook."""

    def __init__(self, context: StaticContext, model: RegularBlockModel) -> None:
        self.context, self.model = context, model

    async def first(self) -> Report:
        """Listed categories and a density column."""
        listed = ["LMS1", "LMS2", "LMS3"]
        report = await self.model.create_report(
            ReportSpecificationData(
                name="Gold Resource Report",
                description="by domain",
                columns=[
                    ReportColumnSpec(
                        column_name="Au",
                        aggregation=Aggregation.MASS_AVERAGE,
                        label="Au Grade",
                        output_unit_id=Units.GRAMS_PER_TONNE,
                    )
                ],
                categories=[ReportCategorySpec(column_name="domain", label="Domain", values=listed)],
                mass_unit_id="t",
                density_column_name="density",
                run_now=True,
            )
        )
        assert (report.name, report.revision) == ("Gold Resource Report", 0)
        frame = (await report.refresh(poll_interval_seconds=0.1)).to_dataframe()
        assert frame["Domain"].tolist()[:3] == listed
        assert frame["Domain"].isna().tolist() == [False, False, False, True]
        assert frame["Mass"].tolist() == pytest.approx([3_187_500, 1_687_500, 3_562_500, 8_437_500])
        assert frame["Au Grade"].tolist() == pytest.approx([14.075 / 5.1, 4.25, 32.825 / 5.7, 58.375 / 13.5])
        print("density column")
        return report

    async def second(self) -> None:
        """A fixed density, open categories, a sum in no stated unit; run at once and not before."""
        report = await self.model.create_report(
            ReportSpecificationData(
                name="Fixed density",
                columns=[ReportColumnSpec(column_name="Au")],
                categories=[ReportCategorySpec(column_name="domain")],
                mass_unit_id="t",
                density_value=2.7,
                density_unit_id=Units.TONNES_PER_CUBIC_METRE,
                run_now=False,
            )
        )
        with pytest.raises(TimeoutError):
            await report.refresh(timeout_seconds=0)
        result = await report.run()
        frame = result.to_dataframe(include_status=True)
        assert frame["Mass"].tolist() == pytest.approx([3_375_000, 1_687_500, 3_375_000, 8_437_500])
        assert frame["Au"].iloc[-1] == pytest.approx(4.25 * 8_437_500 / 1e6)
        assert set(frame["Au:status"]) == {ReportCellStatus.OK}
        assert (await report.run()).result_uuid == result.result_uuid
        assert [each.result_uuid for each in await report.list_results()] == [result.result_uuid]
        print("fixed density")

    async def third(self) -> None:
        """Cut-offs."""
        report = await self.model.create_report(
            ReportSpecificationData(
                name="Cut-offs",
                columns=[ReportColumnSpec(column_name="Au", aggregation=Aggregation.MASS_AVERAGE)],
                mass_unit_id="t",
                density_value=2.7,
                density_unit_id="t/m3",
                cutoff_column_name="Au",
                cutoff_values=[0.5, 8.0, 9.0],
            )
        )
        frame = (await report.refresh(poll_interval_seconds=0.1)).to_dataframe()
        assert frame["cutoff"].tolist() == [0.5, 8.0, 9.0]
        # 10 blocks of i = 0 and k = 0 lie below the first, 20 reach the second, none the third.
        assert frame["Mass"].tolist() == pytest.approx([490 * 16_875, 20 * 16_875, 0])
        assert frame["Au"].tolist() == pytest.approx([4.25 * 500 / 490, 8.25, np.nan], nan_ok=True)
        print("cut-offs")

    async def later(self, report: Report) -> None:
        """A further version is reported on by itself, and compared with the one before."""
        before = await report.refresh()
        flat = cells()[["x", "y", "z"]].assign(Au=5.0)
        version = await self.model.update_attributes(flat, update_columns={"Au"})
        for _ in range(100):
            after = await report.refresh()
            if after.version_id == version.version_id:
                break
            await asyncio.sleep(0.1)
        assert after.to_dataframe()["Au Grade"].tolist() == pytest.approx([5.0] * 4)
        assert [each.version_id for each in await report.list_results()] == [after.version_id, before.version_id]
        assert (await report.run(before.version_uuid)).result_uuid == before.result_uuid
        api = BlockModelAPIClient.from_context(self.context)._reports_api
        place = self.context.get_environment()
        path = (str(report.id), str(place.workspace_id), str(place.org_id), str(report.block_model_uuid))
        begun = await api.request_report_comparison(*path, ReportComparisonSpec())
        pair = (before.result_uuid, after.result_uuid)
        assert ((begun.from_result_uuid, begun.to_result_uuid), begun.job_url) == (pair, None)
        found = await api.get_report_result_comparison(*path, *map(str, pair), decimal_places=2)
        mass, grade = found.result_sets[0].rows[-1].values
        assert (mass.difference.value, mass.percent.value) == (0, 0)
        assert (grade.from_value.value, grade.to_value.value, grade.difference.value) == (4.32, 5.0, 0.68)
        print("comparison")

    async def refused(self) -> None:
        """What is refused says why."""
        with pytest.raises(EvoAPIException, match="no unit 'oz'"):
            await self.model.create_report(
                ReportSpecificationData(
                    name="Ounces", columns=[], mass_unit_id="oz", density_value=2.7, density_unit_id="t/m3"
                )
            )
        names = [each.name for each in await self.model.list_reports()]
        assert names == ["Cut-offs", "Fixed density", "Gold Resource Report"]
        print("refusals")


async def main(url: str, key: str, work: Path) -> None:
    """Discovery, workspace, model, reports."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    async with APIConnector(url, transport, AccessTokenAuthorizer(key)) as hub:
        organisation = (await DiscoveryAPIClient(hub).list_organizations())[0]
        workspace = await WorkspaceAPIClient(hub, organisation.id).create_workspace(f"reports {uuid4().hex[:8]}")
        place = Environment(hub_url=url, org_id=organisation.id, workspace_id=workspace.id)
        context = StaticContext.from_environment(place, hub, Cache(work))
        data = RegularBlockModelData(
            name="Reports",
            origin=(1000, 2000, 100),
            n_blocks=(10, 10, 5),
            block_size=(25, 25, 10),
            cell_data=cells(),
            coordinate_reference_system="EPSG:28354",
            size_unit_id="m",
            units={"Au": Units.GRAMS_PER_TONNE, "density": Units.TONNES_PER_CUBIC_METRE},
        )
        model = await RegularBlockModel.create(context, data)
        await model.add_attribute(domains(), "domain")
        notebook = Notebook(context, model)
        report = await notebook.first()
        await notebook.second()
        await notebook.third()
        await notebook.later(report)
        await notebook.refused()
    print("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
