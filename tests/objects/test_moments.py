"""What depends on the time: expiring links and version ids under a clock that is set back."""

from coreshed.app import Application
from coreshed.testing import ManualClock
from tests.objects.conftest import Lab
from tests.objects.sample import update, variogram
from tests.objects.timed import application, clock

__all__ = ["application", "clock"]


async def test_that_a_read_link_expires_and_is_renewed(application: Application, lab: Lab, clock: ManualClock) -> None:
    """A47"""
    nobody, lifetime = lab.clients["nobody"], application.settings.link_lifetime
    posted = await lab.create("A/m.json")
    first = posted["links"]["data"][0]["download_url"]
    clock.advance(lifetime - 1)
    assert (await nobody.head(first)).status_code == 200
    clock.advance(1)
    for answer in (await nobody.get(first), await nobody.head(first)):
        assert answer.status_code == 403
        assert answer.headers["x-ms-error-code"] == "AuthenticationFailed"
    url = f"{lab.root}/objects/{posted['object_id']}?version={posted['version_id']}"
    renewed = (await lab.editor.get(url)).json()["links"]["data"][0]["download_url"]
    assert renewed.partition("?")[0] == first.partition("?")[0]
    assert (await nobody.get(renewed)).content == b"arrays"


async def test_that_blocks_outlive_the_link_they_were_staged_with(
    application: Application, lab: Lab, clock: ManualClock
) -> None:
    """A2 with an expired link"""
    nobody = lab.clients["nobody"]
    names = [{"name": "00000000-0000-4000-8000-000000000001"}]
    first = (await lab.editor.put(f"{lab.root}/data", json=names)).json()[0]["upload_url"]
    block = "&comp=block&blockid=MDAwMA%3D%3D"
    assert (await nobody.put(first + block, content=b"x")).status_code == 201
    clock.advance(application.settings.link_lifetime)
    assert (await nobody.put(first + block, content=b"x")).status_code == 403
    second = (await lab.editor.put(f"{lab.root}/data", json=names)).json()[0]["upload_url"]
    blocks = "<BlockList><Latest>MDAwMA==</Latest></BlockList>"
    assert (await nobody.put(f"{second}&comp=blocklist", content=blocks)).status_code == 201
    assert (await lab.editor.put(f"{lab.root}/data", json=names)).json()[0]["exists"] is True


async def test_that_versions_rise_while_the_clock_stands_or_is_set_back(lab: Lab, clock: ManualClock) -> None:
    posted = await lab.create("A/m.json", variogram())
    ids = [int(posted["version_id"])]
    for seconds in (0, -3600, 0, 5):
        clock.advance(seconds)
        ids.append(int((await update(lab, posted))["version_id"]))
    start = ids[0]
    assert ids == [start, start + 1, start + 2, start + 3, start + 4]
    clock.advance(7200)
    assert int((await update(lab, posted))["version_id"]) == clock.now_ns()
