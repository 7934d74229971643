"""QGIS as a client: draws the vector tiles of every layer, and reads every collection of the OGC API to its last item.

Usage: qgis_client.py URL FOLDER. URL: of a service; pictures of what QGIS drew go into FOLDER. Prints a line for each layer and ends
with status 1 when something is not as the service says."""

import json
import os
import sys
import urllib.request

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # noqa: E402 (the platform is chosen before Qt starts)
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
    QgsSymbol,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

url, folder = sys.argv[1:]
SIDE_PX = 512
HALF_M = 20037508.342789244
RED = QColor(255, 0, 0)
KINDS = {
    "Point": QgsWkbTypes.PointGeometry,
    "MultiPoint": QgsWkbTypes.PointGeometry,
    "LineString": QgsWkbTypes.LineGeometry,
    "MultiLineString": QgsWkbTypes.LineGeometry,
    "Polygon": QgsWkbTypes.PolygonGeometry,
    "MultiPolygon": QgsWkbTypes.PolygonGeometry,
}
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAIL {what}")


def asked(path):
    with urllib.request.urlopen(f"{url}{path}", timeout=60) as answer:
        return json.load(answer)


def tile_layer(names, zmin, zmax):
    template = f"{url}/tiles/{names}/{{z}}/{{x}}/{{y}}.mvt"
    layer = QgsVectorTileLayer(f"type=xyz&url={template}&zmin={zmin}&zmax={zmax}", names)
    check(layer.isValid(), f"tiles of {names}: not a valid layer")
    return layer


def only(sub_layer):
    """Draws this layer of a tile in red, whatever kind it is of, and nothing else."""
    styles = []
    for kind in sorted(set(KINDS.values())):
        style = QgsVectorTileBasicRendererStyle(str(kind), sub_layer, kind)
        symbol = QgsSymbol.defaultSymbol(kind)
        symbol.setColor(RED)
        style.setSymbol(symbol)
        styles.append(style)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(styles)
    return renderer


def tile_extent(z, x, y):
    side = 2 * HALF_M / 2**z
    return QgsRectangle(x * side - HALF_M, HALF_M - (y + 1) * side, (x + 1) * side - HALF_M, HALF_M - y * side)


def drawn(layer, extent, picture=None):
    """How many pixels are not white."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(extent)
    settings.setOutputSize(QSize(SIDE_PX, SIDE_PX))
    settings.setBackgroundColor(QColor(255, 255, 255))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    for error in job.errors():
        check(False, f"{layer.name()}: {error.message}")
    image = job.renderedImage()
    if picture:
        image.save(os.path.join(folder, f"{picture}.png"))
    white = QColor(255, 255, 255).rgb()
    return sum(image.pixel(x, y) != white for y in range(0, SIDE_PX) for x in range(0, SIDE_PX))


def tile_with_most(name, z):
    """The tile of a zoom, among those of the layer's limits, whose GeoJSON has the most features, and how many those are."""
    limits = asked(f"/ogc/collections/{name}/tiles/WebMercatorQuad?f=json")["tileMatrixSetLimits"][z]
    rows = range(limits["minTileRow"], limits["maxTileRow"] + 1)
    columns = range(limits["minTileCol"], limits["maxTileCol"] + 1)
    found = []
    for y in rows:
        for x in columns:
            found.append((len(asked(f"/tiles/{name}/{z}/{x}/{y}.geojson")["features"]), x, y))
    return max(found)


def draw_layer(name):
    shown = []
    for z in (10, 13):
        count, x, y = tile_with_most(name, z)
        check(count > 0, f"{name}: no tile of zoom {z} has anything")
        extent = tile_extent(z, x, y)
        # a layer that holds this zoom alone, so that QGIS shows the very tile
        layer = tile_layer(name, z, z)
        layer.setRenderer(only(name))
        pixels = drawn(layer, extent, f"{name}-{z}")
        check(pixels > 0, f"{name}: nothing is drawn at zoom {z} where {count} features are")
        layer.setRenderer(only("no such layer"))
        check(drawn(layer, extent) == 0, f"{name}: something is drawn that belongs to no layer")
        shown.append(f"z{z}: {count} features, {pixels} pixels")
    elsewhere = tile_layer(name, 13, 13)
    check(drawn(elsewhere, tile_extent(13, 0, 0)) == 0, f"{name}: something is drawn at the other end of the world")
    return "; ".join(shown)


def read_collection(name):
    layer = QgsVectorLayer(f"url='{url}/ogc' typename='{name}'", name, "OAPIF")
    check(layer.isValid(), f"collection {name}: not a valid layer")
    matched = asked(f"/ogc/collections/{name}/items?limit=1&f=json")["numberMatched"]
    ids, names = set(), {field.name() for field in layer.fields()}
    for feature in layer.getFeatures():
        ids.add(feature["id"] if "id" in names else feature.id())
    # QGIS knows the number for certain when it has asked for it
    counted = layer.featureCount()
    check(counted == matched, f"collection {name}: QGIS counts {counted}, the service {matched}")
    check(len(ids) == matched, f"collection {name}: QGIS reads {len(ids)} items of {matched}")
    return f"{len(ids)} of {matched} items, counted {counted}"


application = QgsApplication([], False)
application.initQgis()
print(f"QGIS {Qgis.QGIS_VERSION}")
collections = [one["id"] for one in asked("/ogc/collections?f=json")["collections"]]
read = 0
for name in collections:
    if asked(f"/ogc/collections/{name}/items?limit=1&f=json")["numberMatched"] == 0:
        print(f"{name}: empty")
        continue
    read += 1
    print(f"{name}: {read_collection(name)}; tiles {draw_layer(name)}", flush=True)
check(read > 0, "every collection is empty")

# all in one tile, with the styles that QGIS takes by itself
everything = tile_layer(",".join(collections), 0, 22)
_, x, y = tile_with_most("zoning" if "zoning" in collections else collections[0], 12)
pixels = drawn(everything, tile_extent(12, x, y), "everything")
check(pixels > SIDE_PX, f"all layers together: only {pixels} pixels are drawn")
print(f"all layers together: {pixels} of {SIDE_PX * SIDE_PX} pixels")
print(f"{read} layers, {len(failures)} failures")
application.exitQgis()
sys.exit(1 if failures else 0)
