"""Reads what TestNG wrote, says how it went, lists what was skipped and why. Exit status 1 on any failure, or when no test ran.

Usage: conformance_results.py NAME FOLDER SKIPPED.txt"""

import pathlib
import sys
import xml.etree.ElementTree as ET

name, folder, skipped_file = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
results = sorted(folder.rglob("testng-results.xml"))
counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
failures, skipped = [], []
for result in results:
    for kind in ET.parse(result).iter("class"):
        for method in kind.iter("test-method"):
            if method.get("is-config") == "true" and method.get("status") == "PASS":
                continue
            status = method.get("status")
            counts[status] = counts.get(status, 0) + 1
            message = " ".join((method.findtext(".//message") or "").split())
            line = f"{kind.get('name')}.{method.get('name')}: {method.get('description') or ''}: {message}"
            {"FAIL": failures, "SKIP": skipped}.get(status, []).append(line)
skipped_file.write_text("".join(f"{line}\n" for line in sorted(skipped)))
for line in failures:
    print(f"FAIL {line}")
print(f"{name}: {counts['PASS']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped (why: {skipped_file})")
if not counts["PASS"]:
    print(f"{name}: no test ran; see {folder / 'log'}")
sys.exit(1 if failures or not counts["PASS"] else 0)
