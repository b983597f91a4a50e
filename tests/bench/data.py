#!/usr/bin/env python3
"""Data for `make bench`, and the answers an independent program gives.

  data.py make FOLDER ROWS     employees.jsonl, departments.csv, expenses.csv,
                               categories.csv; always the same bytes
  data.py check TASK FOLDER OUTPUT   compares OUTPUT with the answer, made here
                               with decimal.Decimal; order does not matter
  data.py differs TASK FOLDER OUTPUT   prints how many lines of the answer are
                               not in OUTPUT

Only random.Random.random() is drawn, which is stable across versions.
"""
import csv
import json
import random
import sys
from decimal import ROUND_HALF_EVEN, Decimal

NAMES = ["Anna", "José", "Zoë", "Łukasz", "太郎", "Ольга", "Noor", "Søren", "Renée", "Jan Pieter"]
LAST = ["de Vries", "Müller", "García Núñez", "O'Brien", "Иванов", "Wiśniewska", "van den Berg-Wijckersloot van Weerdesteyn tot Ößling"]
SHOPS = ["Station Café", 'Hotel "De Zwaan"', "Smith, Jones & Co", "Taxi\nCentral", "Books  and   more", "Rail"]
BLANKS = " \t\r\n"


def departments():
    return [("D%04d" % i, "%06d" % (i * 37 % 9000), "NL%05d" % i, "Department %d, floor %d" % (i, i % 9), "1") for i in range(2000)]


def categories():
    return [("Category %d" % i, "%06d" % (4000 + i * 11)) for i in range(200)]


def make(folder, rows):
    r = random.Random(4711).random
    with open(folder + "/departments.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["code", "gl_account", "cost_center", "name", "active"])
        w.writerows(departments())
    with open(folder + "/categories.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["category", "account"])
        w.writerows(categories())
    with open(folder + "/employees.jsonl", "w", encoding="utf-8") as f:
        for i in range(rows):
            first = NAMES[int(r() * len(NAMES))]
            if r() < .03:
                first = "  " + first
            x = r()
            annual = "0.00" if x < .01 else "%d.%02d" % (18000 + int(r() * 140000), int(r() * 100))
            day = "%04d-%02d-%02d" % (1995 + int(r() * 30), 1 + int(r() * 12), 1 + int(r() * 28))
            gone = r()
            f.write('{"id":%d,"employee_number":"E%07d","first_name":%s,"last_name":%s,"work_email":"P%d@Example.COM",'
                    '"status":"%s","department":{"id":%d,"name":"Department","code":"%s"},"location":{"city":"Utrecht","country":"NL","remote":false},'
                    '"manager_id":null,"compensation":{"annual":%s,"currency":"EUR"},"start_date":"%s","end_date":%s,'
                    '"updated_at":"2025-03-04T10:11:12.345Z","job_title":"Senior \\"L2\\" Engineer","employment_type":"FULL_TIME","pay_group":"MONTHLY-A",'
                    '"legal_entity":"Holding B.V.","fte":0.8,"work_phone":"+3130%06d","address":{"street":"Lange Voorhout 110","postal_code":"2514 EH","city":"Den Haag"},'
                    '"languages":["nl","en"],"badge_ids":[%d,%d],"notes":"Part-time on Wednesday\\n(see file)","tags":["g%d","y%d"]}\n' % (
                        i, i, json.dumps(first, ensure_ascii=r() < .05), json.dumps(LAST[int(r() * len(LAST))], ensure_ascii=False), i,
                        "ACTIVE" if r() < .8 else "TERMINATED", i, "X%d" % (i % 7) if r() < .01 else "D%04d" % int(r() * 2000),
                        annual, day, "null" if gone < .9 else '"2025-%02d-01"' % (1 + int(r() * 12)), i % 1000000, i, i + 1, i % 9, i % 30))
    columns = ["report_id", "transaction_id", "merchant", "category", "tag", "amount_cents", "currency", "created"]
    with open(folder + "/expenses.csv", "w", newline="", encoding="utf-8") as f, open(folder + "/expenses.jsonl", "w", encoding="utf-8") as lines:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(columns)
        for i in range(rows):
            report = i // 10 - (int(r() * 50) if r() < .01 else 0)
            row = ["R%d" % max(report, 0), "T%d" % i, SHOPS[int(r() * len(SHOPS))], "Category %d" % int(r() * 201), "" if r() < .5 else "P%d" % (i % 99),
                        int(r() * 100000) - 2000, "EUR", "2025-%02d-%02dT%02d:00:00Z" % (1 + int(r() * 12), 1 + int(r() * 28), int(r() * 24))]
            w.writerow(row)
            lines.write(json.dumps(dict(zip(columns, row)), ensure_ascii=False) + "\n")


def employee(o):
    annual = o["compensation"]["annual"]
    if o["status"] != "ACTIVE" or annual <= 0:
        return None
    day = o["start_date"]
    return {"Code": o["employee_number"], "Description": (o["first_name"] + " " + o["last_name"]).strip(BLANKS)[:50],
            "Active": o["end_date"] is None or o["end_date"] >= "2025-07-01", "Email": o["work_email"].lower(),
            "MonthlyCost": (annual / 12).quantize(Decimal("0.01"), ROUND_HALF_EVEN), "StartDate": "-".join(reversed(day.split("-")))}


def answers(task, folder):
    if task in ("t1", "t2"):
        known = {d[0]: d for d in departments()}
        with open(folder + "/employees.jsonl", encoding="utf-8") as f:
            for line in f:
                o = json.loads(line, parse_float=Decimal)
                e = employee(o)
                if e and task == "t2":
                    d = known.get(o["department"]["code"])
                    if not d:
                        continue
                    e["GLAccount"], e["CostCenter"] = d[1], d[2]
                if e:
                    yield e
        return
    accounts, reports = dict(categories()), {}
    with open(folder + "/expenses.csv", encoding="utf-8", newline="") as f:
        for x in csv.DictReader(f):
            e = reports.setdefault(x["report_id"], {"Report": x["report_id"], "Date": "9999", "Currency": x["currency"], "Lines": [], "Credit": Decimal(0)})
            amount = Decimal(x["amount_cents"]).scaleb(-2)
            e["Date"] = min(e["Date"], x["created"][:10])
            e["Lines"].append({"Account": accounts.get(x["category"], "499999"), "Amount": amount, "Description": " ".join(x["merchant"].split()),
                               "Tag": x["tag"] or None, "Tx": x["transaction_id"]})
            e["Credit"] -= amount
    yield from reports.values()


def canonical(o):
    if isinstance(o, dict):
        return "{" + ",".join("%s:%s" % (k, canonical(o[k])) for k in sorted(o)) + "}"
    if isinstance(o, list):
        return "[" + ",".join(map(canonical, o)) + "]"
    if isinstance(o, Decimal) or (isinstance(o, int) and not isinstance(o, bool)):
        return format(Decimal(o).normalize() + 0, "f")
    return json.dumps(o, ensure_ascii=False)


def check(task, folder, output):
    want = sorted(canonical(a) for a in answers(task, folder))
    with open(output, encoding="utf-8") as f:
        got = sorted(canonical(json.loads(line, parse_float=Decimal)) for line in f)
    if got == want:
        return 0
    print("%s: %d lines, %d expected; first difference:" % (output, len(got), len(want)))
    for g, w in zip(got, want):
        if g != w:
            print("  got  %s\n  want %s" % (g[:300], w[:300]))
            break
    return 1


def differs(task, folder, output):
    want = set(canonical(a) for a in answers(task, folder))
    try:
        with open(output, encoding="utf-8") as f:
            for line in f:
                try:
                    want.discard(canonical(json.loads(line, parse_float=Decimal)))
                except ValueError:
                    pass
    except (OSError, UnicodeDecodeError):
        pass
    return len(want)


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "differs":
    print(differs(*sys.argv[2:5]))
else:
    sys.exit(check(*sys.argv[2:5]))
