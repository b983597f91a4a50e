# The tasks for jq: jq -c -n --arg task t1 --rawfile table FILE -f tools.jq IN
def employee:
  select(.status == "ACTIVE" and .compensation.annual > 0)
  | { Code: .employee_number,
      Description: (.first_name + " " + .last_name | sub("^[ \t\r\n]+"; "") | sub("[ \t\r\n]+$"; "") | .[:50]),
      Active: (.end_date == null or .end_date >= "2025-07-01"), Email: (.work_email | ascii_downcase),
      MonthlyCost: (.compensation.annual / 12 * 100 | round / 100), StartDate: (.start_date | split("-") | reverse | join("-")) };
def lines: $table | split("\n") | map(select(length > 0) | split(","));
if $task == "t1" then inputs | employee
elif $task == "t2" then
  (lines | map({ key: .[0], value: { GLAccount: .[1], CostCenter: .[2] } }) | from_entries) as $d
  | inputs | .department.code as $code | employee | select($d[$code]) + ($d[$code] // {})
else
  (lines | map({ key: .[0], value: .[1] }) | from_entries) as $accounts
  | [inputs] | group_by(.report_id)[]
  | { Report: .[0].report_id, Date: (map(.created[:10]) | min), Currency: .[0].currency,
      Lines: map({ Account: ($accounts[.category] // "499999"), Amount: (.amount_cents / 100),
        Description: (.merchant | [splits("[ \t\r\n]+") | select(length > 0)] | join(" ")),
        Tag: (if .tag == "" then null else .tag end), Tx: .transaction_id }),
      Credit: (-(map(.amount_cents) | add) / 100) }
end
