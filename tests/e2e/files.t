#!/bin/sh
# Files as the source of mlc run: pages, holds, look-ups, no calls.
. "$SRC/tests/lib/tap.sh"

mkdir "$tmp/p" "$tmp/p/in"
cd "$tmp/p" || exit 99
cat > project.mlc << 'END'
set language 1
set timezone "Europe/Amsterdam"
connection Files is files { folder = "in" }
END
cat > rows.mlc << 'END'
set language 1
object Files.given "Rows" { at "given.csv"  key k  k text required  amount money(2) required from "cents" encoding("cents")  kind text }
object Files.kind "Kinds" { at "kinds.jsonl"  key code  code text required searchable  open yes/no required }
flow rows "Rows are looked at"
Files.given as row -> log {
  read everything
  find kind in Files.kind where kind.code is row.kind else hold "no kind {row.kind}"
  require kind.open else hold "kind {row.kind} is closed"
}
END
awk 'BEGIN { print "k,cents,kind"; for (i = 0; i < 2500; i++) printf "K%d,%d,%s\n", i, i, i == 7 ? "z" : i == 8 ? "c" : "a" }' > in/given.csv
printf '{"code":"a","open":true}\n{"code":"c","open":false}\n' > in/kinds.jsonl
number() { grep -o "\"$1\":[0-9]*" "$tmp/out" | head -n 1 | tr -dc 0-9; }

exits 1 "a run over a file" "$MLC" run rows --json
is "$(number read) $(number logged) $(number held) $(number pages)" "2500 2498 2 3" "every row, in pages"
like "$(cat "$tmp/out")" '"calls":{"Files":0}' "and no call"
"$MLC" held list > "$tmp/out"
like "$(cat "$tmp/out")" "no kind z" "a look-up in another file finds nothing"
like "$(cat "$tmp/out")" "kind c is closed" "or a record that does not do"
exits 1 "once more" "$MLC" run rows --json
is "$(number unchanged) $(number logged) $(number held)" "2498 0 2" "nothing is new"

printf '{"code":"a","open":true}\n{"code":"c","open":true}\n{"code":"z","open":true}\n' > in/kinds.jsonl
exits 0 "the other file was mended" "$MLC" run rows --json
is "$(number unchanged) $(number logged) $(number held)" "2498 2 0" "what waited goes"

printf 'K2500,5\n' >> in/given.csv
"$MLC" run rows > "$tmp/out" 2>&1
[ $? -gt 1 ]
ok $? "a row that cannot be read ends the run"
like "$(cat "$tmp/out")" 'row 2501: the row has 2 cells' "and is named"

cat > wrong.mlc << 'END'
set language 1
object Files.made "Rows" { at "made.jsonl"  k text required searchable }
flow made "A file would be written"
Files.given as row -> Files.made { read everything  write creates  match on k  k = row.k }
END
"$MLC" run made > "$tmp/out" 2>&1
is $? 2 "a file as the target of a run is refused"
like "$(cat "$tmp/out")" 'mlc map made --out FILE' "with what to do instead"
tap_done
