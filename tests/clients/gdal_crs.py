"""A GDAL that asks for coordinate systems (3.7 and later) reads the collections in each that is offered; PROJ says where they have to be.

Usage: gdal_crs.py URL. Needs pyogrio, pyproj and shapely. Prints a line for each collection; status 1 when something is elsewhere."""

import json
import sys
import urllib.request

import numpy
import pyogrio
import pyproj
import shapely

url = sys.argv[1]
DEFAULT = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# The last of the decimals that the service writes, which is about a millimetre, of both answers.
NEAR_DEGREES, NEAR_M = 2e-8, 2e-3
failures = []
print(f"GDAL {pyogrio.__gdal_version_string__}, PROJ {pyproj.proj_version_str}")


def asked(path):
    with urllib.request.urlopen(f"{url}{path}", timeout=60) as answer:
        return json.load(answer)


def read(name, crs, **filters):
    """Ids and geometries, x first, as GDAL has them, and its name of the system."""
    meta, _, geometries, fields = pyogrio.raw.read(f"OAPIF:{url}/ogc", layer=name, columns=["id"], CRS=crs, PAGE_SIZE="5000", **filters)
    if not fields:
        # GDAL has no exception for a page that it did not get: it takes the layer for one without fields.
        sys.exit(f"FAIL {name} in {crs}, {filters}: GDAL learnt of no field; what it said is in CPL_LOG")
    order = numpy.argsort(fields[0])
    return fields[0][order], shapely.from_wkb(geometries[order]), meta["crs"]


for collection in asked("/ogc/collections?f=json")["collections"]:
    name, offered = collection["id"], collection["crs"]
    matched = asked(f"/ogc/collections/{name}/items?limit=1&f=json")["numberMatched"]
    if matched == 0:
        continue
    ids, lonlat, _ = read(name, DEFAULT)
    if len(ids) != matched:
        failures.append(f"{name}: {len(ids)} of {matched} were read")
    said = []
    for crs in offered:
        # GDAL takes 4326 for the default and never asks for it: tests/it/ogc.rs does, with PostGIS as the judge.
        if crs == DEFAULT or crs.endswith("/4326"):
            continue
        code = "EPSG:" + crs.rsplit("/", 1)[1]
        others, geometries, system = read(name, crs)
        if list(others) != list(ids):
            failures.append(f"{name} in {code}: other items than in longitude and latitude")
            continue
        if pyproj.CRS(system) != pyproj.CRS(code):
            failures.append(f"{name} in {code}: GDAL was told {system}")
        turn = pyproj.Transformer.from_crs("OGC:CRS84", code, always_xy=True)
        wanted = shapely.transform(lonlat, lambda points: numpy.column_stack(turn.transform(points[:, 0], points[:, 1])))
        degrees = pyproj.CRS(code).is_geographic
        far = numpy.abs(shapely.bounds(geometries) - shapely.bounds(wanted))
        worst = float(numpy.nanmax(far, initial=0.0))
        if not worst <= (NEAR_DEGREES if degrees else NEAR_M) or numpy.isnan(far).all():
            failures.append(f"{name} in {code}: {worst} from where PROJ has it")
        said.append(f"{code} {worst:.1e}")
        # A box in the middle, which GDAL asks for in the system of the layer.
        west, south, east, north = shapely.total_bounds(wanted)
        box = (west + (east - west) / 3, south + (north - south) / 3, west + (east - west) / 2, north)
        inside, _, _ = read(name, crs, bbox=box)
        judged = ids[shapely.intersects(geometries, shapely.box(*box))]
        if list(inside) != list(judged):
            failures.append(f"{name} in {code}: {len(inside)} in a box, {len(judged)} by GEOS")
    print(f"{name}: {len(ids)} items; farthest from PROJ: {', '.join(said)}", flush=True)
for failure in failures:
    print(f"FAIL {failure}")
print(f"{len(failures)} failures")
sys.exit(1 if failures else 0)
