#!/bin/sh
# mlc test: target records that are there already, records that are gone,
# limits, and messages when an expectation is wrong.
. "$SRC/tests/lib/tap.sh"

cd "$tmp" || exit 99
cat > flow.mlc <<'END'
set language 1
set timezone "Europe/Amsterdam"

flow centers "Departments become cost centers"
Rippling.department -> Exact.costcenter
{
  read everything
  write creates and updates
  match on Code
  Code        = left(department.reference_code else "none", 8)
  Description = left(department.name, 60)
  when gone { Active = no }
  limit gone to 1
  limit held to 50%
}
END
department() { # KIND ID NAME CODE
    echo "  given $1 Rippling.department { id: \"$2\", name: \"$3\", reference_code: \"$4\" }"
}
# ask TITLE CLAUSE...: a test of these clauses, run; its exit code.
ask() {
    { cat flow.mlc; printf 'test "%s" {\n' "$1"; shift
      printf '%s\n' "$@"; echo '}'; } > one.mlc
    "$MLC" test one.mlc > out 2>&1
    echo $?
}
sales=$(department '' D1 Sales SAL)

is "$(ask new "$sales" 'expect created Exact.costcenter { Code: "SAL" }')" 0 \
    "a record nobody knows is created"
is "$(ask same "$sales" 'given Exact.costcenter { Code: "SAL", Description: "Sales" }' \
    'expect unchanged Exact.costcenter { Code: "SAL" }' 'expect nothing Exact.costcenter')" 0 \
    "one that is there and has it all stays as it is"
is "$(ask other "$sales" 'given Exact.costcenter { Code: "SAL", Description: "Old" }' \
    'expect updated Exact.costcenter { Description: "Sales" }')" 0 \
    "one that differs is updated"
is "$(ask wrong "$sales" 'expect updated Exact.costcenter { Code: "SAL" }')" 1 \
    "a wrong expectation fails"
like "$(cat out)" 'no Exact.costcenter was updated as expected: this one is new' "and says why"
is "$(ask double "$sales" 'given Exact.costcenter { Code: "SAL", Description: "A" }' \
    'given Exact.costcenter { Code: "SAL", Description: "B" }' 'expect hold')" 0 \
    "two with the same key: held, never guessed"

gone=$(department gone D1 Sales SAL)
is "$(ask gone "$gone" 'expect updated Exact.costcenter { Active: no }')" 0 "when gone runs"
is "$(ask untold "$gone")" 1 "what it writes must be told"
is "$(ask two "$gone" "$(department gone D2 Lab LAB)" 'expect stop')" 0 \
    "two gone are over the limit of one"
is "$(ask over "$gone" "$(department gone D2 Lab LAB)" \
    'expect updated Exact.costcenter { Active: no }')" 1 "which nobody may overlook"
like "$(cat out)" 'this limit stops the flow: 2 of at most 1' "and is told with its count"
is "$(ask twice "$sales" "$(department '' D2 Lab LAB)" \
    'given Exact.costcenter { Code: "SAL", Description: "A" }' \
    'given Exact.costcenter { Code: "SAL", Description: "B" }' \
    'given Exact.costcenter { Code: "LAB", Description: "A" }' \
    'given Exact.costcenter { Code: "LAB", Description: "B" }' \
    'expect stop' 'expect hold' 'expect hold')" 0 \
    "a share counts where a stop is expected"

"$MLC" fmt --check one.mlc > /dev/null 2>&1
is "$("$MLC" fmt - < one.mlc | grep -c 'given Exact.costcenter {')" 4 "fmt keeps given rows"
is "$(ask word "$(department away D1 Sales SAL)")" 2 "another word than gone is no test"
like "$(cat out)" 'E0390' "and told by the checker"
is "$(ask nowhere "$sales" 'expect changed Exact.costcenter { Code: "SAL" }')" 2 \
    "nor is another word than created, updated, unchanged"
tap_done
