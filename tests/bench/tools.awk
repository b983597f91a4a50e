# T1 and T2 for awk: awk -v task=t1 -f tools.awk [departments.csv] IN. It cuts
# members out of the line by their names; escapes stay as they are.
function member(name,   at, rest) {
    at = index($0, "\"" name "\":")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    if (substr(rest, 1, 1) == "\"") { match(rest, /^"([^"\\]|\\.)*"/); return substr(rest, 2, RLENGTH - 2) }
    match(rest, /^[^,}]*/)
    return substr(rest, 1, RLENGTH)
}
BEGIN { if (task == "t2") while ((getline row < "departments.csv") > 0) { split(row, d, ","); gl[d[1]] = d[2]; cc[d[1]] = d[3] } }
{
    annual = member("annual"); end = member("end_date"); start = member("start_date")
    if (member("status") != "ACTIVE" || annual <= 0) next
    if (task == "t2") {
        rest = substr($0, index($0, "\"department\":")); match(rest, /"code":"[^"]*"/); code = substr(rest, RSTART + 8, RLENGTH - 9)
        if (!(code in gl)) next
    }
    name = member("first_name") " " member("last_name")
    gsub(/^([ \t]|\\[nrt])+|([ \t]|\\[nrt])+$/, "", name)
    printf "{\"Code\":\"%s\",\"Description\":\"%s\",\"Active\":%s,\"Email\":\"%s\",\"MonthlyCost\":%.2f,\"StartDate\":\"%s-%s-%s\"%s}\n",
        member("employee_number"), substr(name, 1, 50), (end == "null" || end >= "2025-07-01") ? "true" : "false",
        tolower(member("work_email")), annual / 12, substr(start, 9), substr(start, 6, 2), substr(start, 1, 4),
        task == "t2" ? ",\"GLAccount\":\"" gl[code] "\",\"CostCenter\":\"" cc[code] "\"" : ""
}
