"""OWSLib walks the OGC API: landing page, conformance, description, collections, queryables, items, filters, pages, single items.

Usage: owslib_walk.py URL. Prints a line of JSON: for each collection its count, and how many items its pages had."""

import json
import sys

import requests
from owslib.ogcapi.features import Features

url = sys.argv[1]
api = Features(url)
assert api.links, "the landing page has links"
assert any(c.endswith("ogcapi-features-1/1.0/conf/core") for c in api.conformance()["conformsTo"])
assert api.api()["openapi"].startswith("3.0")
names = api.feature_collections()
assert names == [c["id"] for c in api.collections()["collections"]], names

seen = {}
for name in names:
    collection = api.collection(name)
    assert collection["id"] == name
    queryables = api.collection_queryables(name)["properties"]
    first = api.collection_items(name, limit=3)
    matched = first["numberMatched"]
    assert first["numberReturned"] == len(first["features"]) == min(3, matched)
    # pages by the links, as a client that knows nothing of tokens
    ids, page, pages = [], api.collection_items(name, limit=2000), 1
    while True:
        ids += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next" and link["type"] == "application/geo+json"]
        if not following or pages == 4:
            break
        page, pages = requests.get(following[0], timeout=60).json(), pages + 1
    assert len(ids) == len(set(ids)), name
    seen[name] = {"matched": matched, "paged": len(ids), "whole": not following}
    if not first["features"]:
        continue
    feature = first["features"][0]
    assert api.collection_item(name, feature["id"])["id"] == feature["id"]
    for key, value in feature["properties"].items():
        assert key in queryables, (name, key)
        if isinstance(value, str) and key in ("class", "status", "name"):
            quoted = value.replace("'", "''")
            same = api.collection_items(name, filter=f"{key} = '{quoted}'", limit=5)
            plain = api.collection_items(name, limit=5, **{key: value})
            assert same["numberMatched"] == plain["numberMatched"] >= 1, (name, key, value)
            assert all(one["properties"][key] == value for one in same["features"])
    west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
    half = api.collection_items(name, bbox=[west, south, (west + east) / 2, north], limit=1)
    assert half["numberMatched"] <= matched
print(json.dumps(seen))
