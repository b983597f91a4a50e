# Holds a SARIF 2.1.0 log against the standard's own rules for the objects mlc
# writes: properties that must be there, their types and values, and nothing
# that the standard does not know. Prints what is wrong, a line each.
import json
import re
import sys

TEXT, INT, LIST, OBJECT = str, int, list, dict
KNOWN = {
    "log": {"$schema": TEXT, "version": TEXT, "runs": LIST},
    "run": {"tool": OBJECT, "results": LIST, "columnKind": TEXT,
            "originalUriBaseIds": OBJECT, "artifacts": LIST,
            "invocations": LIST},
    "driver": {"name": TEXT, "version": TEXT, "semanticVersion": TEXT,
               "informationUri": TEXT, "rules": LIST},
    "rule": {"id": TEXT, "name": TEXT, "shortDescription": OBJECT,
             "fullDescription": OBJECT, "help": OBJECT, "helpUri": TEXT,
             "defaultConfiguration": OBJECT},
    "result": {"ruleId": TEXT, "ruleIndex": INT, "level": TEXT,
               "message": OBJECT, "locations": LIST, "relatedLocations": LIST,
               "fixes": LIST, "partialFingerprints": OBJECT},
    "message": {"text": TEXT, "markdown": TEXT},
    "location": {"id": INT, "physicalLocation": OBJECT, "message": OBJECT},
    "physical": {"artifactLocation": OBJECT, "region": OBJECT},
    "artifact": {"uri": TEXT, "uriBaseId": TEXT, "index": INT},
    "region": {"startLine": INT, "startColumn": INT, "endLine": INT,
               "endColumn": INT, "charOffset": INT, "charLength": INT,
               "byteOffset": INT, "byteLength": INT, "snippet": OBJECT},
    "fix": {"description": OBJECT, "artifactChanges": LIST},
    "change": {"artifactLocation": OBJECT, "replacements": LIST},
    "replacement": {"deletedRegion": OBJECT, "insertedContent": OBJECT},
}
wrong = []


def look(kind, what, needed, where):
    if not isinstance(what, dict):
        wrong.append(f"{where}: no object")
        return
    for name in needed:
        if name not in what:
            wrong.append(f"{where}: {name} is missing")
    for name, value in what.items():
        want = KNOWN[kind].get(name)
        if want is None:
            wrong.append(f"{where}: {name} is unknown to {kind}")
        elif type(value) is not want:
            wrong.append(f"{where}.{name}: not {want.__name__}")


def message(m, where):
    look("message", m, ["text"], where)


def artifact(a, where):
    look("artifact", a, ["uri"], where)
    if not re.fullmatch(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+", a.get("uri", "")):
        wrong.append(f"{where}: no URI: {a.get('uri')}")


def region(r, where):
    look("region", r, ["startLine"], where)
    if min(r.get("startLine", 1), r.get("startColumn", 1)) < 1:
        wrong.append(f"{where}: lines and columns count from 1")
    start = (r.get("startLine", 1), r.get("startColumn", 1))
    end = (r.get("endLine", start[0]), r.get("endColumn", start[1]))
    if end < start:
        wrong.append(f"{where}: ends before it starts")


def location(l, where):
    look("location", l, ["physicalLocation"], where)
    physical = l.get("physicalLocation", {})
    look("physical", physical, ["artifactLocation"], where)
    artifact(physical.get("artifactLocation", {}), where)
    if "region" in physical:
        region(physical["region"], where)


def result(r, rules, where):
    look("result", r, ["message"], where)
    message(r.get("message", {}), where + ".message")
    if r.get("level") not in ("none", "note", "warning", "error"):
        wrong.append(f"{where}: level {r.get('level')}")
    at = r.get("ruleIndex", -1)
    if not 0 <= at < len(rules) or rules[at].get("id") != r.get("ruleId"):
        wrong.append(f"{where}: ruleIndex is not that of {r.get('ruleId')}")
    for name in ("locations", "relatedLocations"):
        for i, l in enumerate(r.get(name, [])):
            location(l, f"{where}.{name}[{i}]")
    for i, f in enumerate(r.get("fixes", [])):
        here = f"{where}.fixes[{i}]"
        look("fix", f, ["artifactChanges"], here)
        if not f.get("artifactChanges"):
            wrong.append(f"{here}: changes nothing")
        for c in f.get("artifactChanges", []):
            look("change", c, ["artifactLocation", "replacements"], here)
            artifact(c.get("artifactLocation", {}), here)
            if not c.get("replacements"):
                wrong.append(f"{here}: replaces nothing")
            for x in c.get("replacements", []):
                look("replacement", x, ["deletedRegion"], here)
                region(x.get("deletedRegion", {}), here)


def main():
    log = json.load(sys.stdin)
    look("log", log, ["version", "runs"], "log")
    if log.get("version") != "2.1.0":
        wrong.append("log: version is not 2.1.0")
    results = 0
    for run in log.get("runs", []):
        look("run", run, ["tool"], "run")
        if run.get("columnKind", "utf16CodeUnits") not in (
                "utf16CodeUnits", "unicodeCodePoints"):
            wrong.append("run: columnKind")
        driver = run.get("tool", {}).get("driver", {})
        look("driver", driver, ["name"], "driver")
        rules = driver.get("rules", [])
        ids = [r.get("id") for r in rules]
        if len(ids) != len(set(ids)):
            wrong.append("driver: a rule stands twice")
        for r in rules:
            look("rule", r, ["id"], "rule")
        for i, r in enumerate(run.get("results", [])):
            result(r, rules, f"results[{i}]")
            results += 1
    print("\n".join(wrong) if wrong else f"sound: {results > 0}")


main()
