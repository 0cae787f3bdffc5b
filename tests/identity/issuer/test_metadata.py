"""What clients and verifiers read before they begin."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.identity.issuer.conftest import ORIGIN, REALM, House


@pytest.mark.parametrize(
    ("path", "issuer"),
    [
        ("/.well-known/openid-configuration", ORIGIN),
        ("/.well-known/oauth-authorization-server", ORIGIN),
        ("/realms/public/.well-known/openid-configuration", f"{ORIGIN}/realms/public"),
    ],
)
async def test_that_the_metadata_name_endpoints_that_exist(house: House, path: str, issuer: str) -> None:
    got = await house.client.get(path)
    found = got.json()
    assert (got.status_code, found["issuer"]) == (200, issuer)
    assert found["code_challenge_methods_supported"] == ["S256"]
    for name, url in found.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert url.startswith(ORIGIN), name
            there = await house.client.get(url)
            assert there.status_code != 404, f"{name}: {url}"


async def test_that_a_stranger_can_verify_our_tokens_with_what_is_published(house: House) -> None:
    token = await house.service_token()
    metadata = (await house.client.get("/.well-known/openid-configuration")).json()
    published = KeySet.import_key_set((await house.client.get(metadata["jwks_uri"])).json())
    assert jwt.decode(token, published, algorithms=["RS256"]).claims["iss"] == metadata["issuer"]
    assert (await house.client.get(f"{REALM}/certs")).json()["keys"] == published.as_dict(private=False)["keys"]


@pytest.mark.parametrize("path", ["/connect/nothing", "/realms/other/protocol/openid-connect/token", "/.well-known/x"])
async def test_that_an_unknown_path_is_404(house: House, path: str) -> None:
    got = await house.client.post(path, data={"a": "b"})
    assert (got.status_code, got.json()["title"]) == (404, "Not Found.")
