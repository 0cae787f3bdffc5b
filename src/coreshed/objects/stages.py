"""The stages an object version can be given: fixed for every organisation, as the published service has them."""

STAGES: dict[str, str] = {
    "2b8847c9-b2b0-4d89-9f3d-20d8a113c1da": "Approved",
    "8a3acb86-babe-4eed-958b-d42efab36ed4": "Experimental",
    "2fec273f-c807-4a01-9177-338c36237bff": "In Review",
    "0321221c-190b-47b9-bc5a-50684c912880": "Peer Review",
    "985271f4-0f13-4018-ba98-00ae2dd0cb2b": "Preliminary Update",
    "413c4fd4-11c3-4d87-926f-ca317eda8833": "Resource Ready",
}
