"""A served city of many plates: memory, tiles and windows made anew, and how long a change by psql takes to open maps.

Usage: served.py YUTU DATA_DIR. The data folder has a database with plates (scripts/bench-plates.sh makes one). Prints Markdown."""

import http.client
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

yutu, data_dir = sys.argv[1:]
PORT = 4987
ADDRESS = f"127.0.0.1:{PORT}"
CHANGES = 100
PLACES = 2000
SECONDS = 4
chance = random.Random(1)


def serve(*options):
    """Starts, and waits until it is ready. Gives the process and the seconds."""
    began = time.monotonic()
    command = [yutu, "serve", "--data-dir", data_dir, "--listen", ADDRESS, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            if urllib.request.urlopen(f"http://{ADDRESS}/readyz").status == 200:
                return process, time.monotonic() - began
        except OSError:
            assert process.poll() is None, "yutu serve ended"
            time.sleep(0.05)


def memory(process):
    """Gigabytes now, and at most until now."""
    with open(f"/proc/{process.pid}/status") as status:
        values = dict(line.split(":", 1) for line in status)
    return [int(values[name].split()[0]) * 1024 / 1e9 for name in ("VmRSS", "VmHWM")]


def metrics():
    text = urllib.request.urlopen(f"http://{ADDRESS}/metrics").read().decode()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))


class Psql:
    """A psql that stays open, as that of somebody who corrects plates."""

    def __init__(self):
        command = [yutu, "psql", "--data-dir", data_dir, "--", "-qAt", "-v", "ON_ERROR_STOP=1"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, sql):
        """The rows, when the database has acknowledged it."""
        self.process.stdin.write(f"{sql};\n\\echo .\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            if line == ".\n":
                return rows
            rows.append(line.rstrip("\n"))
        raise SystemExit(f"psql ended: {sql}")


def tile(lon, lat, z):
    x = (lon + 180) / 360 * 2**z
    y = (0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * 2**z
    return f"/tiles/door_plates/{z}/{int(x)}/{int(y)}"


def wrk(paths, connections):
    """Requests a second, and the 50th and 99th hundredth of the time, ms."""
    chance.shuffle(paths)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("local paths = {\n" + "".join(f"{json.dumps(path)},\n" for path in paths) + "}\nlocal at = 0\n")
        script.write("function request() at = at % #paths + 1 return wrk.format('GET', paths[at]) end\n")
        script.write("function done(s, l) io.write(string.format('RESULT %f %f %f %d\\n', s.requests / s.duration * 1e6, l:percentile(50) / 1e3, "
                     "l:percentile(99) / 1e3, s.errors.status + s.errors.timeout + s.errors.read)) end\n")
        script.flush()
        said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", script.name, f"http://{ADDRESS}/"],
                              capture_output=True, text=True, check=True).stdout
    rate, p50, p99, errors = [line.split()[1:] for line in said.splitlines() if line.startswith("RESULT")][0]
    assert errors == "0", f"{errors} requests failed, such as {paths[0]}"
    return float(rate), float(p50), float(p99)


class Live(threading.Thread):
    """What /api/live says, with the time at which it was heard."""

    def __init__(self):
        super().__init__(daemon=True)
        self.heard = []
        self.news = threading.Condition()
        self.answer = urllib.request.urlopen(f"http://{ADDRESS}/api/live")
        self.start()

    def run(self):
        kind = None
        for line in self.answer:
            text = line.decode().strip()
            if text.startswith("event:"):
                kind = text[6:].strip()
            elif text.startswith("data:") and kind == "change":
                with self.news:
                    self.heard.append((json.loads(text[5:])["sequence"], time.monotonic()))
                    self.news.notify_all()

    def when(self, sequence):
        """When the first of at least this number came."""
        with self.news:
            found = lambda: next((at for number, at in self.heard if number >= sequence), None)
            assert self.news.wait_for(found, timeout=60), f"change {sequence} was not announced"
            return found()


def hundredths(times):
    times = sorted(times)
    return [times[min(len(times) - 1, len(times) * hundredth // 100)] * 1000 for hundredth in (50, 99)] + [times[-1] * 1000]


def changes(psql, plates, what, column):
    """One after the other: the statement, the announcement, the tile."""
    live, line = Live(), http.client.HTTPConnection(ADDRESS)
    times = {"announced, from the commit": [], "in the tile, from the commit": [], "in the tile, from the statement": [], "the commit itself": []}
    for round_, (id_, lon, lat) in enumerate(plates[:CHANGES]):
        path = tile(lon, lat, 16) + ".geojson"
        line.request("GET", path)  # somebody looks at it
        before = {one["id"]: one for one in json.load(line.getresponse())["features"]}[id_]
        began = time.monotonic()
        psql(f"UPDATE door_plates SET {column(round_)} WHERE id = '{id_}'")
        committed = time.monotonic()
        while True:
            line.request("GET", path)
            answer = json.load(line.getresponse())
            # otherwise than before, or gone to the next tile
            if {one["id"]: one for one in answer["features"]}.get(id_) != before:
                seen = time.monotonic()
                break
            time.sleep(0.001)
        sequence = int(psql("SELECT max(sequence) FROM change_transaction")[0])
        times["announced, from the commit"].append(live.when(sequence) - committed)
        times["in the tile, from the commit"].append(seen - committed)
        times["in the tile, from the statement"].append(seen - began)
        times["the commit itself"].append(committed - began)
    for name, values in times.items():
        print(f"| {what}: {name} | " + " | ".join(f"{value:.0f}" for value in hundredths(values)) + " |", flush=True)


print(f"load before: {open('/proc/loadavg').read().strip()}")
process, ready_s = serve("--tile-cache-mb", "0")
try:
    said = metrics()
    now, most = memory(process)
    kinds = {name: float(said[f'yutu_snapshot_bytes{{kind="{name}"}}']) / 1e9 for name in ("spatial", "gazetteer")}
    features = {name: int(float(said[f'yutu_features{{layer="{name}"}}'])) for name in ("door_plates", "roads")}
    print(f"\n{features}: ready after {ready_s:.1f} s; resident {now:.2f} GB, at most {most:.2f} GB; of it spatial {kinds['spatial']:.2f} GB and the "
          f"search index {kinds['gazetteer']:.2f} GB as the service counts them", flush=True)
    psql = Psql()
    located = f"FROM door_plates TABLESAMPLE SYSTEM (0.5) REPEATABLE (1) WHERE geom IS NOT NULL ORDER BY md5(id) LIMIT {PLACES}"
    rows = psql(f"SELECT id, ST_X(p), ST_Y(p) FROM (SELECT id, ST_Transform(geom, 4326) AS p {located}) plates")
    plates = [(id_, float(lon), float(lat)) for id_, lon, lat in (row.split("|") for row in rows)]
    print("\n| change by psql, ms | p50 | p99 | most |\n|---|---|---|---|", flush=True)
    changes(psql, plates, "number", lambda n: f"number = 'N{n}号'")
    changes(psql, plates[CHANGES:], "position", lambda n: "geom = ST_Translate(geom, 2, 0)")
    print("\n| nothing cached | at a time | a second | p50, ms | p99, ms |\n|---|---|---|---|---|")
    ways = {f"MVT tile, z{z}": [tile(lon, lat, z) + ".mvt" for _, lon, lat in plates] for z in (10, 13, 16, 17, 18)}
    side = 0.001
    ways["items in a window of 200 m (OGC API, 100 at most)"] = [
        f"/ogc/collections/door_plates/items?f=json&limit=100&bbox={lon - side:.6f},{lat - side:.6f},{lon + side:.6f},{lat + side:.6f}" for _, lon, lat in plates]
    ways["what is at a point (identify)"] = [f"/api/identify?lon={lon:.6f}&lat={lat:.6f}&radius=5" for _, lon, lat in plates]
    ways["nearest address (reverse)"] = [f"/api/reverse?lon={lon + side / 9:.6f}&lat={lat:.6f}&layer=door_plates" for _, lon, lat in plates]
    for what, paths in ways.items():
        for connections in (1, 4):
            rate, p50, p99 = wrk(paths, connections)
            print(f"| {what} | {connections} | {rate:.0f} | {p50:.2f} | {p99:.2f} |", flush=True)
    now, most = memory(process)
    print(f"\nresident afterwards {now:.2f} GB, at most {most:.2f} GB")
finally:
    process.terminate()
    process.wait()
print(f"load after: {open('/proc/loadavg').read().strip()}")
