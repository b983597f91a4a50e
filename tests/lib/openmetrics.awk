# The rules of the OpenMetrics text format, version 1.0.0; prints what breaks
# one of them, and nothing when all is well. LC_ALL=C awk -f openmetrics.awk
function bad(why) { print NR ": " why ": " $0; broken = 1 }
# family of a sample by the suffixes its type may have
function family_of(name, f) {
    f = name
    if (f in type && type[f] != "counter") return f
    if (sub(/_(total|created)$/, "", f) && f in type && type[f] == "counter") return f
    return ""
}
ended { bad("after the end") }
$0 == "# EOF" { ended = 1; next }
/^$/ { bad("an empty line"); next }
/\r/ { bad("a carriage return") }
/^# (TYPE|HELP|UNIT) / {
    if ($3 !~ /^[a-zA-Z_:][a-zA-Z0-9_:]*$/) bad("no name")
    if ($3 != current) {
        if ($3 in seen) bad("a family in two places")
        seen[$3] = 1
        current = $3
    }
    if (($3, $2) in told) bad("told twice")
    told[$3, $2] = 1
    if ($3 in samples) bad("after its samples")
    if ($2 == "TYPE") {
        if ($4 !~ /^(counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)$/) bad("no type")
        type[$3] = $4
        if ($4 == "counter" && $3 ~ /_total$/) bad("a counter family named _total")
    }
    if ($2 == "UNIT" && $4 != "" && $3 !~ ("_" $4 "$")) bad("a unit that is not in the name")
    next
}
/^#/ { bad("a comment"); next }
{
    if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) { bad("no sample"); next }
    name = substr($0, 1, RLENGTH)
    rest = substr($0, RLENGTH + 1)
    labels = ""
    if (substr(rest, 1, 1) == "{") {
        if (!match(rest, /^\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\\\|\\"|\\n)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\\\|\\"|\\n)*")*)?\}/)) {
            bad("labels")
            next
        }
        labels = substr(rest, 1, RLENGTH)
        rest = substr(rest, RLENGTH + 1)
    }
    if (rest !~ /^ (NaN|[+-]?Inf|[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?)( [0-9]+(\.[0-9]+)?)?$/) bad("no value")
    family = family_of(name)
    if (family == "") bad("a sample of no family, or without its suffix")
    else if (family != current) bad("a sample apart from its family")
    if (family != "" && type[family] == "counter" && rest ~ /^ -/) bad("a counter below zero")
    samples[family] = 1
    if ((name, labels) in had) bad("the same sample twice")
    had[name, labels] = 1
}
END {
    if (!ended) { print "no # EOF"; broken = 1 }
    exit broken
}
