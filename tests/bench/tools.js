// The tasks as a script of node: tools.js TASK IN OUT HELD. Cents are BigInt:
// a double rounds some of them to the wrong side.
const fs = require("fs");
const [task, given, made, held] = process.argv.slice(2);
const out = fs.openSync(made, "w"), rest = fs.openSync(held, "w");
let waiting = [];
const put = (o) => { waiting.push(JSON.stringify(o)); if (waiting.length > 4000) flush(); };
const flush = () => { if (waiting.length) fs.writeSync(out, waiting.join("\n") + "\n"); waiting = []; };

function rows(text) { // CSV with quotes
    const all = [];
    let row = [], cell = "", quoted = false;
    for (let i = 0; i < text.length; i++) {
        const c = text[i];
        if (quoted) {
            if (c !== '"') cell += c;
            else if (text[i + 1] === '"') { cell += c; i++; } else quoted = false;
        } else if (c === '"') quoted = true;
        else if (c === ",") { row.push(cell); cell = ""; }
        else if (c === "\n") { row.push(cell); all.push(row); row = []; cell = ""; }
        else cell += c;
    }
    return all;
}
const table = (name) => new Map(rows(fs.readFileSync(name, "utf8")).map((r) => [r[0], r]));

function monthly(line) { // half even, from the digits as they stand
    const digits = /"annual":(-?\d+)(?:\.(\d+))?/.exec(line);
    const cents = BigInt(digits[1] + (digits[2] || "").padEnd(2, "0"));
    let q = cents / 12n;
    const r = cents % 12n;
    if (r > 6n || (r === 6n && q % 2n)) q++;
    return Number(q) / 100;
}

function employee(line, known) {
    const o = JSON.parse(line);
    if (o.status !== "ACTIVE" || !(o.compensation.annual > 0)) return;
    const e = {
        Code: o.employee_number,
        Description: Array.from((o.first_name + " " + o.last_name).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")).slice(0, 50).join(""),
        Active: o.end_date === null || o.end_date >= "2025-07-01", Email: o.work_email.toLowerCase(),
        MonthlyCost: monthly(line), StartDate: o.start_date.split("-").reverse().join("-"),
    };
    if (task === "t2") {
        const d = known.get(o.department.code);
        if (!d) return fs.writeSync(rest, JSON.stringify({ Code: e.Code, Department: o.department.code }) + "\n");
        e.GLAccount = d[1];
        e.CostCenter = d[2];
    }
    put(e);
}

function employees() {
    const known = task === "t2" ? table("departments.csv") : null;
    const lines = require("readline").createInterface({ input: fs.createReadStream(given) });
    lines.on("line", (line) => employee(line, known));
    lines.on("close", flush);
}

function reports() {
    const accounts = table("categories.csv"), entries = new Map();
    for (const [report, tx, merchant, category, tag, cents, currency, created] of rows(fs.readFileSync(given, "utf8")).slice(1)) {
        const day = created.slice(0, 10);
        let e = entries.get(report);
        if (!e) entries.set(report, e = { Report: report, Date: day, Currency: currency, Lines: [], Credit: 0 });
        if (day < e.Date) e.Date = day;
        e.Credit -= Number(cents);
        e.Lines.push({ Account: (accounts.get(category) || [0, "499999"])[1], Amount: Number(cents) / 100,
            Description: merchant.split(/[ \t\r\n]+/).filter(Boolean).join(" "), Tag: tag || null, Tx: tx });
    }
    for (const e of entries.values()) { e.Credit = e.Credit / 100; put(e); }
    flush();
}

task === "t3" ? reports() : employees();
