#!/usr/bin/env python3
"""The tasks as a script of json and decimal: tools.py TASK IN OUT HELD."""
import csv
import json
import sys
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
task, given, made, held = sys.argv[1:5]


def number(d):
    return float(d)  # json writes no Decimal; cents of this size survive


def table(name):
    with open(name, encoding="utf-8", newline="") as f:
        return {row[0]: row for row in csv.reader(f)}


def employees(out, rest):
    known = table("departments.csv")
    with open(given, encoding="utf-8") as f:
        for line in f:
            o = json.loads(line, parse_float=Decimal)
            annual = o["compensation"]["annual"]
            if o["status"] != "ACTIVE" or annual <= 0:
                continue
            day = o["start_date"]
            e = {"Code": o["employee_number"],
                 "Description": (o["first_name"] + " " + o["last_name"]).strip(" \t\r\n")[:50],
                 "Active": o["end_date"] is None or o["end_date"] >= "2025-07-01", "Email": o["work_email"].lower(),
                 "MonthlyCost": number((annual / 12).quantize(CENT, ROUND_HALF_EVEN)),
                 "StartDate": day[8:] + "-" + day[5:7] + "-" + day[:4]}
            if task == "t2":
                d = known.get(o["department"]["code"])
                if not d:
                    rest.write(json.dumps({"Code": e["Code"], "Department": o["department"]["code"]}) + "\n")
                    continue
                e["GLAccount"], e["CostCenter"] = d[1], d[2]
            out.write(json.dumps(e, ensure_ascii=False) + "\n")


def reports(out):
    accounts, entries = table("categories.csv"), {}
    with open(given, encoding="utf-8", newline="") as f:
        for x in csv.DictReader(f):
            e = entries.get(x["report_id"])
            if not e:
                e = entries[x["report_id"]] = {"Report": x["report_id"], "Date": x["created"][:10], "Currency": x["currency"],
                                               "Lines": [], "Credit": 0}
            cents = int(x["amount_cents"])
            e["Date"] = min(e["Date"], x["created"][:10])
            e["Credit"] -= cents
            e["Lines"].append({"Account": accounts.get(x["category"], ("", "499999"))[1], "Amount": number(Decimal(cents) / 100),
                               "Description": " ".join(x["merchant"].split()), "Tag": x["tag"] or None, "Tx": x["transaction_id"]})
    for e in entries.values():
        e["Credit"] = number(Decimal(e["Credit"]) / 100)
        out.write(json.dumps(e, ensure_ascii=False) + "\n")


with open(made, "w", encoding="utf-8") as out, open(held, "w", encoding="utf-8") as rest:
    reports(out) if task == "t3" else employees(out, rest)
