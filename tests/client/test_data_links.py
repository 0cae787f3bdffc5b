"""Both forms of a data link are readable."""

from coreshed.client import download_urls

SHA = "b19ca2ef5c7e69cb163746d1d4e869d88975613dbad2464a927b37b12c4e1ee9"


def test_that_a_link_with_a_name_is_found_by_its_name() -> None:
    link = {"id": "0b0e2a3e-6ab8-4f30-9d9c-8f2b6f1f9a11", "name": SHA, "download_url": "https://host/a"}
    assert download_urls([link]) == {SHA: "https://host/a"}


def test_that_a_link_of_the_organisation_layer_is_found_by_its_id() -> None:
    assert download_urls([{"id": SHA, "download_url": "https://host/a"}]) == {SHA: "https://host/a"}


def test_that_a_link_with_a_null_name_is_found_by_its_id_and_one_without_a_url_is_left_out() -> None:
    links = [
        {"id": SHA, "name": None, "download_url": "https://host/a"},
        {"id": "x", "name": "y", "download_url": None},
    ]
    assert download_urls(links) == {SHA: "https://host/a"}
