# Holds a SARIF 2.1.0 log against the standard, for every object that mlc
# writes: which properties there are, which must be, their types, values,
# least values and lengths of lists, and what the text of the standard adds.
# `--classes` also asks the classes of Debian's python3-sarif-python-om, which
# were made from the published schema by others: exits 77 when it is not here.
# Prints what is wrong, a line each.
import json
import re
import sys

URI = r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*"
REFERENCE = r"([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"


class Text:
    def __init__(self, pattern=None, of=None):
        self.pattern, self.of = pattern, of

    def check(self, value, where):
        if not isinstance(value, str):
            wrong.append(f"{where}: no text")
        elif self.of and value not in self.of:
            wrong.append(f"{where}: {value} is none of {', '.join(self.of)}")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            wrong.append(f"{where}: not of the right form: {value}")


class Number:
    def __init__(self, least):
        self.least = least

    def check(self, value, where):
        if type(value) is not int:
            wrong.append(f"{where}: no whole number")
        elif value < self.least:
            wrong.append(f"{where}: {value} is less than {self.least}")


class Object:
    def __init__(self, kind):
        self.kind = kind

    def check(self, value, where):
        look(self.kind, value, where)


class List:
    def __init__(self, kind, least=0, unique=False):
        self.kind, self.least, self.unique = kind, least, unique

    def check(self, value, where):
        if not isinstance(value, list):
            wrong.append(f"{where}: no list")
            return
        if len(value) < self.least:
            wrong.append(f"{where}: fewer than {self.least}")
        shown = [json.dumps(v, sort_keys=True) for v in value]
        if self.unique and len(set(shown)) != len(shown):
            wrong.append(f"{where}: something stands in it twice")
        for i, v in enumerate(value):
            look(self.kind, v, f"{where}[{i}]")


class Texts:
    def check(self, value, where):
        if not isinstance(value, dict):
            wrong.append(f"{where}: no object")
            return
        for name, v in value.items():
            Text().check(v, f"{where}.{name}")


# kind: (properties, groups of which one must be there)
KINDS = {
    "sarifLog": ({
        "$schema": Text(URI), "version": Text(of=["2.1.0"]),
        "runs": List("run"),
    }, [["version"], ["runs"]]),
    "run": ({
        "tool": Object("tool"), "results": List("result"),
        "columnKind": Text(of=["utf16CodeUnits", "unicodeCodePoints"]),
    }, [["tool"]]),
    "tool": ({"driver": Object("toolComponent")}, [["driver"]]),
    "toolComponent": ({
        "name": Text(".+"), "version": Text(".+"),
        "semanticVersion": Text(r"\d+\.\d+\.\d+.*"),
        "informationUri": Text(URI),
        "rules": List("reportingDescriptor", unique=True),
    }, [["name"]]),
    "reportingDescriptor": ({
        "id": Text(".+"), "name": Text(),
        "shortDescription": Object("multiformatMessageString"),
        "fullDescription": Object("multiformatMessageString"),
        "help": Object("multiformatMessageString"), "helpUri": Text(URI),
    }, [["id"]]),
    "multiformatMessageString": ({"text": Text(), "markdown": Text()},
                                 [["text"]]),
    "result": ({
        "ruleId": Text(".+"), "ruleIndex": Number(-1),
        "kind": Text(of=["notApplicable", "pass", "fail", "review", "open",
                         "informational"]),
        "level": Text(of=["none", "note", "warning", "error"]),
        "message": Object("message"), "locations": List("location"),
        "relatedLocations": List("location", unique=True),
        "fixes": List("fix", unique=True), "partialFingerprints": Texts(),
    }, [["message"]]),
    "message": ({"text": Text(), "markdown": Text(), "id": Text()},
                [["text", "id"]]),
    "location": ({
        "id": Number(-1), "physicalLocation": Object("physicalLocation"),
        "message": Object("message"),
    }, []),
    "physicalLocation": ({
        "artifactLocation": Object("artifactLocation"),
        "region": Object("region"), "contextRegion": Object("region"),
    }, [["artifactLocation", "address"]]),
    "artifactLocation": ({
        "uri": Text(REFERENCE), "uriBaseId": Text(".+"), "index": Number(-1),
    }, []),
    "region": ({
        "startLine": Number(1), "startColumn": Number(1),
        "endLine": Number(1), "endColumn": Number(1),
        "charOffset": Number(-1), "charLength": Number(0),
        "byteOffset": Number(-1), "byteLength": Number(0),
        "snippet": Object("artifactContent"),
    }, [["startLine", "charOffset", "byteOffset"]]),
    "fix": ({
        "description": Object("message"),
        "artifactChanges": List("artifactChange", least=1, unique=True),
    }, [["artifactChanges"]]),
    "artifactChange": ({
        "artifactLocation": Object("artifactLocation"),
        "replacements": List("replacement", least=1),
    }, [["artifactLocation"], ["replacements"]]),
    "replacement": ({
        "deletedRegion": Object("region"),
        "insertedContent": Object("artifactContent"),
    }, [["deletedRegion"]]),
    "artifactContent": ({"text": Text(), "binary": Text()}, []),
}
wrong = []
classes = None


def ask_class(kind, what, where):
    cls = getattr(classes, kind[0].upper() + kind[1:])
    names = {a.metadata["schema_property_name"]: a.default
             for a in cls.__attrs_attrs__}
    nothing = classes.attr.NOTHING
    for name in what:
        if name not in names:
            wrong.append(f"{where}: the class {kind} has no {name}")
    for name, default in names.items():
        if default is nothing and name not in what:
            wrong.append(f"{where}: the class {kind} wants {name}")


def look(kind, what, where):
    properties, needed = KINDS[kind]
    if not isinstance(what, dict):
        wrong.append(f"{where}: no object")
        return
    for group in needed:
        if not any(name in what for name in group):
            wrong.append(f"{where}: {' or '.join(group)} is missing")
    for name, value in what.items():
        if name in properties:
            properties[name].check(value, f"{where}.{name}")
        else:
            wrong.append(f"{where}: {name} is unknown to {kind}")
    if classes:
        ask_class(kind, what, where)
    if kind == "region":
        order(what, where)


# 3.30.5 and on: an end is not before its start; the end column is behind the
# last character.
def order(r, where):
    start = (r.get("startLine", 1), r.get("startColumn", 1))
    end = (r.get("endLine", start[0]), r.get("endColumn", start[1]))
    if end < start:
        wrong.append(f"{where}: ends before it starts")


# 3.27.6: ruleIndex is the place of ruleId among the rules.
def rules_fit(run):
    rules = run.get("tool", {}).get("driver", {}).get("rules", [])
    ids = [r.get("id") for r in rules]
    if len(ids) != len(set(ids)):
        wrong.append("rules: one stands twice")
    for i, r in enumerate(run.get("results", [])):
        at = r.get("ruleIndex", -1)
        if not 0 <= at < len(ids) or ids[at] != r.get("ruleId"):
            wrong.append(f"results[{i}]: ruleIndex is not that of its rule")


def main():
    global classes
    if "--classes" in sys.argv:
        try:
            import attr
            import sarif_om as classes
            classes.attr = attr
        except ImportError:
            sys.exit(77)
    log = json.load(sys.stdin)
    look("sarifLog", log, "log")
    results = 0
    for run in log.get("runs", []):
        rules_fit(run)
        results += len(run.get("results", []))
    print("\n".join(wrong) if wrong else f"sound: {results > 0}")


main()
